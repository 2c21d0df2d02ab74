import assert from "node:assert/strict";
import { test } from "node:test";
import * as pulumi from "@pulumi/pulumi";
import { triedRights } from "../../components/connectionCheck/connectionTest.ts";
import { inputsOf, RECEIPT_LINE, recordResources, resolved, TENANT } from "../harness/mocks.ts";
import { settingsOf } from "./settings.ts";

const ADMIN = {
  adminObjectId: "aaaaaaaa-aaaa-aaaa-aaaa-aaaaaaaaaaaa",
  adminName: "db-admins",
  adminType: "Group",
};
const CONFIG = { ...ADMIN, serverTier: "GeneralPurpose", allowedAddresses: ["198.51.100.7"] };

const GET_RUN_COMMAND = "azure-native:compute:getVirtualMachineRunCommandByVirtualMachine";
const tried = triedRights({ access: { profile: "migrator", schema: "app", foreignSchemas: [] } });
const RECEIPT = JSON.stringify({
  ...JSON.parse(RECEIPT_LINE),
  sessionUser: "entra-postgres-test",
  currentUser: "app_app_migrator",
  outcomes: tried.map(({ expected }) => expected.charAt(0)).join(""),
});

/** The resources of the program's server and applications, and the connections. */
async function program(config: object) {
  const settings = await settingsOf({ ...CONFIG, ...config }, { preview: true });
  const registered = await recordResources(
    false,
    {},
    { [GET_RUN_COMMAND]: () => ({ instanceView: { output: RECEIPT } }) },
  );
  const { createDatabaseServer } = await import("../../program/databaseServer.ts");
  const { connectApplications } = await import("../../program/applications.ts");
  const { createIdentities } = await import("../../program/identities.ts");
  const { createScope } = await import("../../program/scope.ts");
  const existing = { vms: new Map(), identities: new Map() };
  const scope = createScope(settings);
  const identities = createIdentities(settings, scope, undefined, existing);
  const administrators = settings.administrator ? [settings.administrator] : [];
  const around = { scope, tenantId: pulumi.output(TENANT), administrators, identities, network: undefined, existing };
  const server = createDatabaseServer(settings, around);
  const { applications } = connectApplications(settings, identities, server);
  const connections = await Promise.all(applications.map(({ connection }) => resolved(connection)));
  await pulumi.runtime.disconnect();
  return { registered, connections };
}

test("applications connect by PgBouncer, administrators and the connection test do not", async () => {
  const { registered, connections } = await program({ pgBouncer: "Enabled" });
  assert.deepEqual(
    connections.map(({ port, libpq }) => [port, /:6432\//.test(libpq)]),
    [["6432", true]],
  );
  const administered = registered.filter(({ inputs }) => "adminUser" in inputs || "administrators" in inputs);
  assert.ok(administered.length >= 3);
  for (const { type, inputs } of administered) assert.equal(inputs.port, 5432, type);
  const [test] = inputsOf(registered, "azure-native:compute:VirtualMachineRunCommandByVirtualMachine");
  assert.match((test?.source as { script: string } | undefined)?.script ?? "", /^DB_PORT=5432$/m);
  assert.deepEqual(
    inputsOf(registered, "azure-native:dbforpostgresql:Configuration").map(({ configurationName, value }) => [
      configurationName,
      value,
    ]),
    [
      ["pgbouncer.enabled", "true"],
      ["pgbouncer.ignore_startup_parameters", "extra_float_digits"],
      ["pgbouncer.max_prepared_statements", "200"],
    ],
  );
});

test("without it nobody does", async () => {
  const { registered, connections } = await program({});
  assert.deepEqual(
    connections.map(({ port }) => port),
    ["5432"],
  );
  assert.deepEqual(inputsOf(registered, "azure-native:dbforpostgresql:Configuration"), []);
});
