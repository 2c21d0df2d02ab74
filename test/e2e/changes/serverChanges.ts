import assert from "node:assert/strict";
import { type AddressInfo, connect, createServer } from "node:net";
import { DEPLOYER } from "../../../sandbox/deployer.ts";
import { UP } from "../../../tools/harness/program.ts";
import { BASE, type Change, groupOf, makeGroups, ORDERS, OWN_SCHEMA } from "./change.ts";
import type { Config, Trial } from "./trial.ts";

const withAdministrators = (...moreAdministrators: object[]): Config => ({ ...BASE, moreAdministrators });
const withFirst = (adminObjectId: string, adminName: string, adminType: string): Config => ({
  ...BASE,
  adminObjectId,
  adminName,
  adminType,
});
const [ONE, OTHER, TEAM] = [groupOf("1"), groupOf("2"), groupOf("3")];

const isAdministrator = (name: string, is: boolean) => async (trial: Trial) => {
  const [row] = await trial.asService(
    `SELECT count(*)::int AS n FROM pg_roles WHERE rolname = '${name}' AND rolcreaterole`,
  );
  assert.equal(row?.n, is ? 1 : 0);
};

/** Another port of the server, through which each client still comes from its own address. */
async function withOtherPort(trial: Trial, work: (port: number) => Promise<void>): Promise<void> {
  const listener = createServer((client) => {
    const server = connect({
      host: "127.0.0.1",
      port: trial.program.sandbox.databasePort,
      localAddress: client.remoteAddress ?? "127.0.0.1",
    });
    for (const [from, to] of [
      [client, server],
      [server, client],
    ] as const) {
      from.pipe(to);
      from.on("error", () => to.destroy());
      from.on("close", () => to.destroy());
    }
  });
  await new Promise<void>((resolve) => listener.listen(0, "127.0.0.1", resolve));
  try {
    await work((listener.address() as AddressInfo).port);
  } finally {
    listener.close();
  }
}

/** The server, its administrators, and what a database has beside schemas. */
export const SERVER_CHANGES: readonly Change[] = [
  {
    rows: [
      {
        change: "administrators added, reordered, one removed (`moreAdministrators`)",
        happens: "each administrator is a resource by its object id; the order means nothing",
        stays: "the other administrators, every role and right",
      },
    ],
    prepare: makeGroups(ONE, OTHER),
    steps: [
      { config: withAdministrators(ONE), check: isAdministrator("on-call-1", true) },
      { config: withAdministrators(OTHER, ONE), check: isAdministrator("on-call-2", true) },
      { config: withAdministrators(ONE, OTHER) },
      { config: withAdministrators(OTHER), check: isAdministrator("on-call-1", false) },
    ],
  },
  {
    rows: [
      {
        change: "administrator replaced by a group that it is in (`adminObjectId`, `adminName`, `adminType`)",
        happens: "the roles are handed over to the group, then the administrator is deleted",
        stays: "every role and right; the group can change them",
      },
    ],
    prepare: async ({ program: { sandbox } }) => {
      const members = [DEPLOYER.objectId];
      sandbox.directory.add({ displayName: TEAM.name, type: "group", objectId: TEAM.objectId, members });
    },
    steps: [
      {
        config: withFirst(TEAM.objectId, TEAM.name, "Group"),
        check: async (trial) => {
          await isAdministrator(TEAM.name, true)(trial);
          await isAdministrator(DEPLOYER.displayName, false)(trial);
        },
      },
      {
        config: {
          ...withFirst(TEAM.objectId, TEAM.name, "Group"),
          apps: [{ ...ORDERS, profile: "reader" }],
        },
      },
    ],
  },
  {
    rows: [
      {
        change: "new name for an administrator of the same object id (`adminName`)",
        happens: "the preview refuses it with the order of steps (EP-SERVER-02)",
        stays: "everything",
      },
    ],
    from: withFirst(DEPLOYER.objectId, DEPLOYER.displayName, "ServicePrincipal"),
    steps: [
      { config: withFirst(DEPLOYER.objectId, "renamed", "ServicePrincipal"), refused: "EP-SERVER-02", inPreview: true },
    ],
  },
  {
    rows: [
      {
        change: "extension added, taken out (`schemas[].extensions`)",
        happens: "it is created in schema public; taken out, nothing manages it any more",
        stays: "the extension and what uses it",
      },
      {
        change: "`createSchemas` on and off",
        happens: "CREATE on the database is granted and revoked",
        stays: "everything else",
      },
    ],
    steps: [
      {
        config: { apps: [ORDERS], schemas: [{ ...OWN_SCHEMA, extensions: ["pg_trgm"], createSchemas: true }] },
        check: async (trial) => {
          assert.deepEqual(await trial.asIdentity("SELECT similarity('one', 'one')::int AS n"), [{ n: 1 }]);
          await trial.asIdentity("CREATE SCHEMA IF NOT EXISTS orders");
        },
      },
    ],
  },
  {
    rows: [
      {
        change: "server port (`databasePort`)",
        happens: "whatever logs in is updated in place; every connection test runs again, through the new port",
        stays: "everything in the server",
      },
    ],
    run: (trial) =>
      withOtherPort(trial, async (databasePort) => {
        trial.program.configure({ ...BASE, databasePort });
        const text = await trial.program.succeed(UP);
        assert.doesNotMatch(text, /SchemaAccess \S+ (replaced|deleted)/);
        await trial.holds();
        assert.equal((await trial.program.outputs()).connections.orders?.port, String(databasePort));
        await trial.program.ensureUp(BASE);
      }),
  },
  {
    rows: [
      {
        change: "older PostgreSQL version (`postgresVersion`)",
        happens: "Azure refuses it. A newer version is an upgrade in place on Azure, which the sandbox refuses",
        stays: "everything",
      },
    ],
    steps: [{ config: { ...BASE, postgresVersion: "16" }, refused: "InvalidParameterValue" }],
  },
];
