import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { UserError } from "../../components/errors/index.ts";
import { buildPack, isFresh } from "../../policies/runner/build.ts";
import { runsPolicyPacks } from "../../policies/runner/languageHost.ts";
import { packFor, startProgram } from "../../policies/runner/pack.ts";
import { PACK_CONFIG, readConfig } from "../../policies/runner/packConfig.ts";

const PROJECT = join(import.meta.dirname, "../..");

describe("the pack in files of its own", () => {
  let dir: string;
  before(() => {
    dir = mkdtempSync(join(tmpdir(), "entra-postgres-pack-"));
  });
  after(() => rmSync(dir, { recursive: true, force: true }));

  test("it is built again when a source changed or an output is missing", async () => {
    const project = copyOfProject(join(dir, "project"));
    const built = (path: string) => join(project, "policies/bin", path);
    assert.equal(isFresh(project), false);
    assert.equal(await buildPack(project), true);
    assert.ok(existsSync(built("policies/index.js")) && existsSync(built("components/access/profiles.js")));
    assert.equal(await buildPack(project), false);

    const profiles = join(project, "components/access/profiles.ts");
    const source = readFileSync(profiles, "utf8");
    writeFileSync(profiles, `${source}\nexport const changed = 1;\n`);
    assert.equal(isFresh(project), false, "a source outside the pack's folder counts");
    writeFileSync(profiles, source);
    assert.equal(isFresh(project), true, "what matters is the content, not when it was written");
    const output = readFileSync(built("policies/rules.js"), "utf8");
    rmSync(built("policies/rules.js"));
    assert.equal(isFresh(project), false, "a part is missing");
    writeFileSync(built("policies/rules.js"), output);
    rmSync(built("built.json"));
    assert.equal(isFresh(project), false, "it was never finished");

    writeFileSync(join(project, "policies/rules.ts"), "export const rules: number = [];\n");
    await assert.rejects(buildPack(project), /rules\.ts.*error TS2322.*EP-POLICY-03/s);
    assert.equal(existsSync(built("policies/index.js")), false, "nothing half-made is left");
  });

  test("the start program runs a pack in its folder on this Node.js", () => {
    const pack = join(dir, "a pack's folder");
    mkdirSync(pack);
    symlinkSync(join(PROJECT, "node_modules"), join(pack, "node_modules"));
    writeFileSync(join(pack, "package.json"), '{ "type": "module", "main": "index.js" }');
    writeFileSync(join(pack, "index.js"), "console.log(process.version, process.cwd(), process.argv[2]);");
    const file = startProgram(pack);
    assert.equal(
      execFileSync(file, ["127.0.0.1:1"], { encoding: "utf8", cwd: "/" }).trim(),
      `${process.version} ${pack} undefined`,
    );
    assert.equal(startProgram(pack), file);
  });

  test("a language host that cannot run packs gets the start program", async () => {
    const answers = {
      // As the host of the SDK 3.68 answers.
      "too old": 'callback({ code: 2, details: "not supported" })',
      "older still": 'callback({ code: 12, details: "unknown method RunPlugin" })',
      "could, but finds no such pack": 'callback({ code: 2, details: "could not find the program" })',
    };
    const ways: Record<string, string> = {};
    for (const [name, answer] of Object.entries(answers)) {
      ways[name] = (await packFor(hostFolder(name, serving(answer)), dir)) === dir ? "folder" : "program";
    }
    assert.deepEqual(ways, {
      "too old": "program",
      "older still": "program",
      "could, but finds no such pack": "folder",
    });
    assert.equal(await runsPolicyPacks(hostFolder("that ends well", serving("call.end()"))), true);
    await assert.rejects(runsPolicyPacks(hostFolder("broken", "process.exit(1);")), /EP-POLICY-06/);
    await assert.rejects(runsPolicyPacks(join(dir, "no-such-folder")), /EP-POLICY-06/);
  });

  test("every problem of a configuration is named at once", () => {
    const file = join(dir, "config.json");
    const problems = (config: unknown) => {
      writeFileSync(file, typeof config === "string" ? config : JSON.stringify(config));
      try {
        return void readConfig(file, PACK_CONFIG);
      } catch (error) {
        assert.ok(error instanceof UserError && error.code === "EP-POLICY-04");
        return error.message;
      }
    };
    const found = problems({
      "tls-versions": "advisory",
      "backup-retention": { days: 7, enforcementLevel: "warn" },
      all: "strict",
      "ssh-not-open": 1,
      "tls-version": "off",
    });
    for (const problem of [
      /"tls-versions"/,
      /backup-retention: unknown key "days"; valid keys: enforcementLevel, environment, dev, test, prod/,
      /backup-retention\.enforcementLevel: .*"advisory"\|"mandatory"\|"disabled"/,
      /all: .*"disabled"/,
      /ssh-not-open: .*expected object/,
      /tls-version\.enforcementLevel: /,
    ]) {
      assert.match(found ?? "", problem);
    }
    for (const config of ["{", "", "[]", "null"]) assert.ok(problems(config), config);
    assert.throws(() => readConfig(join(dir, "none.json"), PACK_CONFIG), /EP-POLICY-04/);
    const valid = {
      "tls-version": "disabled",
      "backup-retention": { enforcementLevel: "advisory", environment: "dev" },
    };
    assert.equal(problems(valid), undefined);
  });

  /** A folder with a Node language host that does what the source says. */
  function hostFolder(name: string, source: string): string {
    const folder = join(dir, `host ${name}`);
    mkdirSync(folder);
    const script = join(folder, "host.mjs");
    writeFileSync(script, source);
    writeFileSync(join(folder, "pulumi-language-nodejs"), `#!/bin/sh\nexec '${process.execPath}' '${script}'\n`, {
      mode: 0o755,
    });
    return folder;
  }
});

/** A language host that answers RunPlugin so. */
function serving(answer: string): string {
  const module = (path: string) => JSON.stringify(join(PROJECT, "node_modules", path));
  return `
    import { createRequire } from "node:module";
    const require = createRequire(import.meta.url);
    const grpc = require(${module("@grpc/grpc-js")});
    const { LanguageRuntimeService } = require(${module("@pulumi/pulumi/proto/language_grpc_pb.js")});
    const server = new grpc.Server();
    server.addService(LanguageRuntimeService, {
      runPlugin: (call) => {
        const callback = (error) => call.emit("error", error);
        ${answer};
      },
    });
    server.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (_, port) => console.log(port));
  `;
}

function copyOfProject(project: string): string {
  for (const folder of ["access", "environments"]) mkdirSync(join(project, "components", folder), { recursive: true });
  for (const path of [
    "package.json",
    "tsconfig.json",
    "components/environments/environments.ts",
    "components/package.json",
    "components/access/profiles.ts",
  ]) {
    cpSync(join(PROJECT, path), join(project, path));
  }
  cpSync(join(PROJECT, "policies"), join(project, "policies"), {
    recursive: true,
    filter: (file) => !/policies\/(bin|node_modules)/.test(file),
  });
  mkdirSync(join(project, "node_modules"));
  for (const name of ["@pulumi", "@types", "ipaddr.js", "typescript"]) {
    symlinkSync(join(PROJECT, "node_modules", name), join(project, "node_modules", name));
  }
  return project;
}
