import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import * as pulumi from "@pulumi/pulumi";
import { Directory } from "../../sandbox/entra/directory.ts";
import { TokenIssuer } from "../../sandbox/entra/tokenIssuer.ts";
import { logInAsAdministrator } from "../harness/administratorLogin.ts";
import { inputsOf, type Registered, recordResources } from "../harness/mocks.ts";
import { temporaryDirectory } from "../harness/testServer.ts";

// The sandbox emulates none of these platforms: what is held is what the programs register.
const EXAMPLES = join(import.meta.dirname, "../../examples");
const SERVER = "/subscriptions/s/resourceGroups/rg/providers/Microsoft.DBforPostgreSQL/flexibleServers/db";
const CONFIG = { serverId: SERVER, image: "ghcr.io/shop/orders:1", oidcIssuer: "https://oidc.example/1" };
const server = {
  ...{ id: SERVER, name: "db", location: "westeurope", fullyQualifiedDomainName: "db.example", version: "17" },
  ...{ state: "Ready", authConfig: { activeDirectoryAuth: "Enabled" }, network: { publicNetworkAccess: "Enabled" } },
};

let logOut: (() => Promise<void>) | undefined;
before(async () => {
  const dir = temporaryDirectory();
  const directory = new Directory(dir);
  const issuer = await TokenIssuer.open(directory, dir);
  logOut = await logInAsAdministrator({ issuer, admin: directory.add({ displayName: "admin", type: "service" }) });
});
after(() => logOut?.());

async function registeredBy(example: string): Promise<Registered[]> {
  const registered = await recordResources(false, {}, { "azure-native:dbforpostgresql:getServer": () => server });
  const entries = Object.entries(CONFIG).map(([key, value]) => [`${pulumi.getProject()}:${key}`, value]);
  pulumi.runtime.setAllConfig(Object.fromEntries(entries));
  await import(`${EXAMPLES}/${example}/index.ts`);
  await pulumi.runtime.disconnect();
  return registered;
}

const principalOf = (registered: Registered[]) =>
  inputsOf(registered, "pulumi-nodejs:dynamic/entra-postgres:EntraPrincipal")[0] ?? {};

describe("an example of another platform", () => {
  test("app-service: the app's own identity is the role of the app's name", async () => {
    const registered = await registeredBy("app-service");
    const [app] = inputsOf(registered, "azure-native:web:WebApp");
    assert.deepEqual(app?.identity, { type: "SystemAssigned" });
    assert.equal(principalOf(registered).roleName, app?.name);
    const { appSettings } = (app?.siteConfig ?? {}) as { appSettings: { name: string }[] };
    assert.deepEqual(
      appSettings.map(({ name }) => name),
      ["PGHOST", "PGDATABASE", "PGUSER", "PGSSLMODE"],
    );
  });

  test("container-apps: the app has the identity of the role", async () => {
    const registered = await registeredBy("container-apps");
    const [identity] = inputsOf(registered, "azure-native:managedidentity:UserAssignedIdentity");
    const [app] = inputsOf(registered, "azure-native:app:ContainerApp");
    assert.equal(principalOf(registered).roleName, identity?.resourceName);
    assert.deepEqual(app?.identity, { type: "UserAssigned", userAssignedIdentities: ["orders-id"] });
  });

  test("aks-workload-identity: the service account is federated with the identity of the role", async () => {
    const registered = await registeredBy("aks-workload-identity");
    const [credential] = inputsOf(registered, "azure-native:managedidentity:FederatedIdentityCredential");
    assert.equal(credential?.issuer, CONFIG.oidcIssuer);
    assert.equal(credential?.subject, "system:serviceaccount:shop:orders");
    assert.equal(principalOf(registered).roleName, "orders-identity");
  });
});

test("the examples' table names each folder, and no program has a password", () => {
  const folders = readdirSync(EXAMPLES, { withFileTypes: true }).filter((one) => one.isDirectory());
  const table = readFileSync(join(EXAMPLES, "README.md"), "utf8");
  assert.deepEqual(
    folders.filter(({ name }) => !table.includes(`(${name})`)),
    [],
  );
  const programs = readdirSync(EXAMPLES, { recursive: true, encoding: "utf8" }).filter((file) =>
    file.endsWith("index.ts"),
  );
  for (const file of programs) {
    assert.doesNotMatch(readFileSync(join(EXAMPLES, file), "utf8"), /administratorLoginPassword|PGPASSWORD/, file);
  }
});
