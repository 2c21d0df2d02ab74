import assert from "node:assert/strict";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { parse } from "yaml";
import { writeStackConfig } from "../../sandbox/cli/stack.ts";
import { commandEnvironment, sandboxEnvironment, shownEnvironment } from "../../sandbox/environment.ts";
import { isInstalled, providersMode } from "../../sandbox/plugins.ts";

const root = mkdtempSync(join(tmpdir(), "environment-"));
after(() => rmSync(root, { recursive: true }));
const newFolder = () => mkdtempSync(join(root, "case-"));

const facts = {
  dir: "/project/.sandbox",
  pulumiFolder: "/cache/pulumi",
  providers: { "azure-native": 4001, command: 4002 },
  imdsUrl: "http://127.0.0.1:4003",
  appServiceUrl: "http://127.0.0.1:4003/msi/token",
  appServiceHeader: "header-secret",
  clientId: "client",
  tenantId: "tenant",
  subscriptionId: "subscription",
};

describe("the environment of commands", () => {
  test("names the providers, the token endpoints and the backend of the sandbox", () => {
    const environment = sandboxEnvironment(facts, { PATH: "/usr/bin" });
    assert.equal(environment.PULUMI_DEBUG_PROVIDERS, "azure-native:4001,command:4002");
    assert.equal(environment.AZURE_POD_IDENTITY_AUTHORITY_HOST, "http://127.0.0.1:4003");
    assert.equal(environment.PULUMI_BACKEND_URL, "file:///project/.sandbox/pulumi");
    assert.match(environment.PATH ?? "", /node_modules\/\.bin:\/cache\/pulumi:\/usr\/bin$/);
  });

  test("names the sandbox's resource manager, never the caller's", () => {
    const resourceManagerUrl = "http://127.0.0.1:4004/";
    assert.equal(sandboxEnvironment({ ...facts, resourceManagerUrl }, {}).ARM_ENDPOINT, resourceManagerUrl);
    process.env.ARM_ENDPOINT = "https://management.azure.com";
    try {
      assert.equal(commandEnvironment(sandboxEnvironment(facts)).ARM_ENDPOINT, undefined);
    } finally {
      delete process.env.ARM_ENDPOINT;
    }
  });

  test("removes the caller's own logins to Azure, and the signs of a CI job", () => {
    const own = {
      ARM_USE_DEFAULT_AZURE_CREDENTIAL: "true",
      ARM_USE_OIDC: "true",
      ARM_OIDC_TOKEN_FILE_PATH: "/run/token",
      ARM_DISABLE_INSTANCE_DISCOVERY: "true",
      AZURE_ENVIRONMENT: "china",
      GITHUB_ACTIONS: "true",
      TF_BUILD: "True",
    };
    const kept = { ...process.env };
    Object.assign(process.env, own);
    try {
      const environment = commandEnvironment(sandboxEnvironment(facts));
      assert.deepEqual(
        Object.keys(own).filter((name) => environment[name] !== undefined),
        [],
      );
    } finally {
      process.env = kept;
    }
  });

  test("excludes loopback from a proxy, beside what the caller excludes", () => {
    assert.equal(
      sandboxEnvironment(facts, { NO_PROXY: "corp.example" }).NO_PROXY,
      "corp.example,127.0.0.1,localhost,::1",
    );
    assert.equal(sandboxEnvironment(facts, {}).no_proxy, "127.0.0.1,localhost,::1");
  });

  test("is shown without its secrets", () => {
    const shown = shownEnvironment(sandboxEnvironment(facts, {}));
    assert.doesNotMatch(shown, /header-secret/);
    assert.match(shown, /^IDENTITY_HEADER=\(hidden\)$/m);
    assert.match(shown, /^PULUMI_CONFIG_PASSPHRASE=\(hidden\)$/m);
  });

  test("has no variable of the caller that leads past the sandbox", () => {
    process.env.AZURE_CLIENT_SECRET = "real";
    process.env.ARM_OIDC_TOKEN = "real";
    try {
      const environment = commandEnvironment({ AZURE_CLIENT_ID: "sandbox" });
      assert.equal(environment.AZURE_CLIENT_SECRET, undefined);
      assert.equal(environment.ARM_OIDC_TOKEN, undefined);
      assert.equal(environment.AZURE_CLIENT_ID, "sandbox");
      assert.equal(environment.HOME, process.env.HOME);
    } finally {
      delete process.env.AZURE_CLIENT_SECRET;
      delete process.env.ARM_OIDC_TOKEN;
    }
  });
});

describe("SANDBOX_PROVIDERS", () => {
  test("is auto when it is not set", () => {
    assert.equal(providersMode(undefined), "auto");
    assert.equal(providersMode(""), "auto");
    assert.equal(providersMode("emulator"), "emulator");
  });

  test("refuses another word and names the three", () => {
    assert.throws(() => providersMode("fake"), /auto, real or emulator.*fake.*EP-SANDBOX-01/s);
  });

  test("counts a plugin as installed only when it is complete", () => {
    const home = newFolder();
    const folder = join(home, "plugins", "resource-command-v1.2.1");
    mkdirSync(folder, { recursive: true });
    assert.equal(isInstalled(home, "command", "1.2.1"), false);
    writeFileSync(join(folder, "pulumi-resource-command"), "");
    assert.equal(isInstalled(home, "command", "1.2.1"), true);
    assert.equal(isInstalled(home, "command", "1.2.2"), false);
    writeFileSync(`${folder}.partial`, "");
    assert.equal(isInstalled(home, "command", "1.2.1"), false);
  });
});

describe("the stack's configuration", () => {
  test("is the repository's file for the default ports, else a copy with the other ports", () => {
    const project = newFolder();
    const dir = join(project, ".sandbox");
    mkdirSync(dir);
    writeFileSync(
      join(project, "Pulumi.sandbox.yaml"),
      "config:\n  # why\n  orders:databasePort: 25432\n  orders:x: y\n",
    );
    const copy = writeStackConfig(dir, { databasePort: 40000, sshPort: 2222 }, project);
    assert.equal(copy, join(dir, "Pulumi.sandbox.yaml"));
    assert.equal(
      readFileSync(join(dir, "Pulumi.sandbox.yaml"), "utf8"),
      "config:\n  # why\n  orders:databasePort: 40000\n  orders:x: y\n  sshPort: 2222\n",
    );
    assert.equal(writeStackConfig(dir, { databasePort: 25432, sshPort: 2222 }, project), undefined);
    assert.equal(existsSync(join(dir, "Pulumi.sandbox.yaml")), false);
  });

  test("of a sandbox in another folder is a copy that names its files", () => {
    const [dir, project] = [newFolder(), newFolder()];
    writeFileSync(join(project, "Pulumi.sandbox.yaml"), "config:\n  databaseCaCert: .sandbox/ca.pem\n");
    const copy = writeStackConfig(dir, { databasePort: 25432, sshPort: 2222 }, project);
    assert.deepEqual(parse(readFileSync(copy ?? "", "utf8")).config, {
      databaseCaCert: join(dir, "ca.pem"),
      databasePort: 25432,
      sshPort: 2222,
      sshKeyFile: join(dir, "ssh/id_ed25519"),
    });
  });
});
