import { type Given, UNKNOWN, UNKNOWN_LIST, UNKNOWN_OBJECT } from "../judged.ts";
import { each, PASS, type RuleCases, refuse, wait } from "./case.ts";
import { machine, resource, server } from "./given.ts";

const days = (backupRetentionDays: unknown, more = {}) => server({ backup: { backupRetentionDays }, ...more });
const geo = (geoRedundantBackup: unknown, more = {}) => server({ backup: { geoRedundantBackup }, ...more });
const standby = (mode: unknown, more = {}) => server({ highAvailability: { mode }, ...more });
const tagged = (tags: unknown) => server({ tags });
const replica = { createMode: "Replica" };

const database: Given = {
  ...resource("azure-native:dbforpostgresql:Database", "shop")(),
  from: { serverName: ["db"] },
};
const unprotected = (name: string) => new RegExp(`^"${name}" .* needs the resource option protect\\.$`);
const protect = (given: Given): Given => ({ ...given, protect: true });

const ID = "/subscriptions/s/resourceGroups/g/providers/Microsoft.DBforPostgreSQL/flexibleServers/";
const db: Given = { ...server(), inputs: { serverName: "pg_db" } };
const other: Given = { ...db, name: "other", inputs: { serverName: "pg_other" } };
const logs = [{ categoryGroup: "allLogs", enabled: true }];
const good = { workspaceId: "/there", logs };
const setting = (props: Record<string, unknown>, from: Record<string, string[]> = { resourceUri: ["db"] }): Given => ({
  ...resource("azure-native:monitor:DiagnosticSetting", "logs")(props),
  inputs: { resourceUri: UNKNOWN },
  from,
});
/** A diagnostic setting whose resource is written out. */
const of = (resourceUri: unknown): Given => ({ ...setting(good, {}), inputs: { resourceUri } });
const { inputs: _, ...unseen } = { ...of(""), name: "unseen" };
const workspace = resource("azure-native:operationalinsights:Workspace", "workspace")();
const fresh = (given: unknown) =>
  setting({ workspaceId: UNKNOWN, logs: given }, { resourceUri: ["db"], workspaceId: ["workspace"] });

const tags = { project: "shop", stack: "dev", environment: "dev" };

export const operationCases: RuleCases = {
  "backup-retention": {
    "each environment has its fewest days": Object.entries({ dev: 7, test: 14, prod: 30 }).flatMap(
      ([environment, least]) => [
        ...each([least], days, PASS, { environment }),
        ...each(
          [least - 1],
          days,
          refuse(`"db" keeps its backups for ${least - 1} days; in ${environment} at least ${least} are needed.`),
          { environment },
        ),
      ],
    ),
    "Azure's default is 7 days, and an unnamed environment is prod": [
      [server(), PASS, { environment: "dev" }],
      [server({ tags: { environment: "dev" } }), refuse(/for 7 days; in prod at least 30/)],
    ],
    "the days are configurable": [
      [days(20), PASS, { prod: 20 }],
      [days(19), refuse(), { prod: 20 }],
    ],
    "a read replica passes until it is promoted": [
      [server(replica), PASS],
      [server({ ...replica, replica: { promoteMode: "Standalone" } }), refuse()],
    ],
    "an unknown value waits for up unless a known one decides": [
      [days(UNKNOWN), wait(/backup\.backupRetentionDays of "db"/)],
      [days(7, { createMode: UNKNOWN }), wait(/createMode of "db"/)],
      [days(35, { createMode: UNKNOWN }), PASS],
    ],
  },
  "geo-redundant-backup": {
    "backups in one region are refused": [
      ...each([server(), geo(undefined), geo("Disabled")], (it) => it, refuse(/^"db" keeps its backups in one region/)),
      [geo("Enabled"), PASS],
    ],
    "a read replica passes until it is promoted": [
      [server(replica), PASS],
      [server({ ...replica, replica: { role: "Primary" } }), refuse()],
    ],
    "an unknown value waits for up unless the environment decides": [
      [geo(UNKNOWN), wait(/backup\.geoRedundantBackup of "db"/)],
      [geo(UNKNOWN), PASS, { environment: "dev" }],
    ],
  },
  "high-availability": {
    "a standby in another zone is needed": [
      ...each([undefined, "Disabled", "SameZone"], standby, refuse(/^"db" has no standby.*ZoneRedundant\.$/)),
      [server(), refuse()],
      [standby("ZoneRedundant"), PASS],
    ],
    "the modes are configurable": [
      [standby("SameZone"), PASS, { modes: ["ZoneRedundant", "SameZone"] }],
      [standby(undefined), refuse(/ZoneRedundant or SameZone/), { modes: ["ZoneRedundant", "SameZone"] }],
    ],
    "a read replica passes until it is promoted": [
      [server(replica), PASS],
      [server({ ...replica, replicationRole: "None" }), refuse()],
      [server({ createMode: "PointInTimeRestore" }), refuse()],
    ],
    "an unknown value waits for up unless the environment decides": [
      [standby(UNKNOWN), wait(/highAvailability\.mode of "db"/)],
      [standby(UNKNOWN), PASS, { environment: "dev" }],
    ],
  },
  "deletion-protection": {
    "the server and its databases need protection": [
      [[server(), database], refuse(unprotected("db"), unprotected("shop"))],
      [[protect(server()), database], refuse(unprotected("shop"))],
      [[protect(server()), protect(database)], PASS],
    ],
    "an unknown property delays nothing": [[[server({ tags: UNKNOWN_OBJECT })], refuse()]],
  },
  diagnostics: {
    "the server's logs go to a destination": [
      [db, refuse('"db" has no diagnostic setting that sends its logs to a destination.')],
      ...each(
        ["workspaceId", "storageAccountId", "eventHubAuthorizationRuleId"],
        (destination) => [db, setting({ [destination]: "/there", logs })],
        PASS,
      ),
    ],
    "a setting of another server, without logs or without a destination does not count": [
      ...each(
        [
          { workspaceId: "/there" },
          { ...good, logs: [] },
          { ...good, logs: [{ categoryGroup: "allLogs", enabled: false }] },
          { logs },
        ],
        (props) => [db, setting(props)],
        refuse(),
      ),
      [[db, other, setting(good)], refuse(/^"other"/)],
    ],
    "an ARM id that is written out is compared in any case": [
      ...each([`${ID}pg_db`, `${ID}PG_DB`.toLowerCase(), `${ID}pg_db/`], (id) => [db, of(id)], PASS),
      ...each(
        [`${ID}pg_other`, `${ID}pg_db/databases/app`, "/subscriptions/s/…/virtualMachines/pg_db"],
        (id) => [db, of(id)],
        refuse(),
      ),
      [[db, { ...of(`${ID}pg_db`), type: "azure-native:insights:DiagnosticSetting" }], PASS],
    ],
    "an id from another resource is not this server's": [
      [[db, machine(), setting(good, { resourceUri: ["vm"] })], refuse()],
      [[db, machine(), { ...unseen, from: { resourceUri: ["vm"] } }], refuse()],
      [[db, unseen], PASS],
      [
        [db, resource("azure-native:resources:ResourceGroup", "group")(), setting(good, { resourceUri: ["group"] })],
        wait(/resourceUri of "logs"/),
      ],
    ],
    "a workspace of the same run is a destination; unknown logs wait for up": [
      [[db, workspace, fresh(logs)], PASS],
      [[db, workspace, fresh(UNKNOWN_LIST)], wait(/logs of "logs" \(azure-native:monitor:DiagnosticSetting\)/)],
    ],
  },
  "required-tags": {
    "tags that are missing or empty are named": [
      [tagged(tags), PASS],
      [tagged({ Project: "shop", STACK: "dev", environment: "dev", more: "" }), PASS],
      [tagged({ ...tags, stack: "" }), refuse('"db" lacks the tags: stack.')],
      [server(), refuse('"db" lacks the tags: project, stack, environment.')],
    ],
    "each kind of resource that takes tags is judged": each(
      [
        "resources:ResourceGroup",
        "compute:VirtualMachine",
        "managedidentity:UserAssignedIdentity",
        "network:NetworkSecurityGroup",
        "network:VirtualNetwork",
        "network:PublicIPAddress",
        "network:NetworkInterface",
        "network:PrivateEndpoint",
        "privatedns:PrivateZone",
        "operationalinsights:Workspace",
      ],
      (type) => resource(`azure-native:${type}`, "it")(),
      refuse(),
    ),
    "the names are configurable": [
      [tagged(tags), refuse('"db" lacks the tags: owner.'), { names: ["owner", "stack"] }],
      [server(), PASS, { names: [] }],
      [tagged({ owner: "shop" }), PASS, { names: ["Owner"] }],
    ],
    "unknown tags wait for up, unknown values of others do not": [
      [tagged(UNKNOWN_OBJECT), wait(/tags of "db"/)],
      [tagged({ ...tags, stack: UNKNOWN }), wait(/tags\.stack of "db"/)],
      [tagged({ ...tags, cost: UNKNOWN }), PASS],
    ],
  },
  "environment-tag": {
    "a tag that differs from the configuration is refused": [
      ["dev", "prod"],
      ["prod", "dev"],
      ["staging", "test"],
      ["Prod", "prod"],
    ].flatMap(([environment, judged]) =>
      each(
        [{ environment }],
        tagged,
        refuse(`"db" has the tag environment: ${environment}; the stack is judged as ${judged}.`),
        { environment: judged },
      ),
    ),
    "the same environment passes; an unnamed one is prod": [
      ...["dev", "test", "prod"].flatMap((environment) =>
        each([{ Environment: environment }], tagged, PASS, { environment }),
      ),
      [tagged({ environment: "prod" }), PASS],
      [tagged({ environment: "dev" }), refuse()],
    ],
    "a missing tag is left to required-tags": each(
      [undefined, {}, { project: "shop" }, { environment: "" }],
      tagged,
      PASS,
    ),
    "an unknown tag waits for up, other tags do not": [
      [tagged({ environment: UNKNOWN }), wait(/tags\.environment of "db"/)],
      [tagged(UNKNOWN_OBJECT), wait(/tags of "db"/)],
      [tagged({ environment: "prod", cost: UNKNOWN }), PASS],
    ],
  },
};
