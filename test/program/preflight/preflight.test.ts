import "reflect-metadata";
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { test } from "node:test";
import type { ErrorCode } from "../../../components/errors/errorTable.ts";
import { table } from "../../../program/preflight/table.ts";
import { openRegion } from "../../../sandbox/azure/subscription.ts";
import { SUBSCRIPTION_ID } from "../../../sandbox/deployer.ts";
import { findSecrets } from "../../harness/leakScan.ts";
import { ADDRESS, type Asked, AzureContext, GOOD } from "./azureContext.ts";

const PROD = { environment: "prod", resourceGroupName: "rg" };
const STACK_TAGS = { project: "entra-postgres", stack: "dev", environment: "dev" };
const ADMIN = { adminObjectId: "11111111-2222-3333-4444-555555555555", adminName: "ops", adminType: "Group" };

/** A problem that is planted: what the checks answer to it, by row, and nothing else. */
interface Case {
  name: string;
  plant?: (azure: AzureContext) => void;
  asked?: Asked | ((azure: AzureContext) => Asked);
  expected: Record<string, ErrorCode>;
}

/** Changes what the region offers. */
function region(change: (offer: ReturnType<typeof openRegion>) => void) {
  return ({ manager }: AzureContext) => {
    const offer = openRegion();
    change(offer);
    manager.subscription.regions.swedencentral = offer;
  };
}

const generalPurpose = (offer: ReturnType<typeof openRegion>) => {
  const sizes = offer.supportedServerEditions.find(({ name }) => name === "GeneralPurpose")?.supportedServerSkus;
  return sizes?.find(({ name }) => name === "Standard_D2ds_v5") ?? assert.fail();
};

const CASES: Case[] = [
  {
    name: "an address of the documentation in the configuration",
    asked: { config: { allowedAddresses: ["203.0.113.10"] } },
    expected: { configuration: "EP-CONFIG-07" },
  },
  {
    name: "a cloud that azure-native does not know",
    asked: { env: { ARM_ENVIRONMENT: "german" } },
    expected: { cloud: "EP-AZ-08" },
  },
  {
    name: "another cloud in the configuration",
    asked: { others: { "azure-native:environment": "china" } },
    expected: { cloud: "EP-LOGIN-02" },
  },
  {
    name: "a subscription that does not exist",
    asked: { env: { ARM_SUBSCRIPTION_ID: randomUUID() } },
    expected: { subscription: "EP-AZ-15" },
  },
  {
    name: "no subscription among several",
    plant: ({ manager }) => manager.subscription.others.push(randomUUID()),
    asked: { env: { ARM_SUBSCRIPTION_ID: "" } },
    expected: { subscription: "EP-PREFLIGHT-16" },
  },
  {
    name: "a disabled subscription",
    plant: ({ manager }) => {
      manager.subscription.state = "Disabled";
    },
    expected: { subscription: "EP-PREFLIGHT-17" },
  },
  {
    name: "a subscription of another tenant",
    plant: ({ manager }) => {
      manager.subscription.tenantId = randomUUID();
    },
    expected: { tenant: "EP-AZ-19" },
  },
  {
    name: "another tenant in the configuration",
    asked: { others: { "azure-native:tenantId": randomUUID() } },
    expected: { tenant: "EP-AZ-19" },
  },
  {
    name: "a token of another tenant, which Azure refuses",
    plant: ({ issuer }) => {
      issuer.override = { iss: "https://sts.windows.net/other/" };
    },
    expected: { tenant: "EP-AZ-19" },
  },
  {
    name: "an expired token, which Azure refuses",
    plant: ({ issuer }) => {
      issuer.override = { exp: 1 };
    },
    expected: { subscription: "EP-AZ-20" },
  },
  {
    name: "a token for another service",
    plant: ({ issuer }) => {
      issuer.override = { aud: "https://vault.azure.net" };
    },
    expected: { subscription: "EP-AZ-21" },
  },
  {
    name: "no login",
    plant: ({ imds }) => {
      imds.fault = () => ({
        status: 400,
        body: '{"error":"invalid_request","error_description":"Identity not found"}',
      });
    },
    expected: { login: "EP-AZ-01" },
  },
  {
    name: "a login that is set by halves",
    asked: { env: { ARM_CLIENT_SECRET: "secret", ARM_TENANT_ID: "" } },
    expected: { login: "EP-AZ-07" },
  },
  {
    name: "no network",
    asked: { env: { ARM_ENDPOINT: "http://127.0.0.1:1/" } },
    expected: { subscription: "EP-AZ-12" },
  },
  {
    name: "a throttled Azure",
    plant: ({ manager }) => {
      manager.refusal = { status: 429, code: "TooManyRequests" };
    },
    expected: { subscription: "EP-AZ-11" },
  },
  {
    name: "a slow clock",
    asked: { now: () => Date.now() - 600_000 },
    expected: { clock: "EP-PREFLIGHT-14" },
  },
  {
    name: "a resource group that does not exist",
    asked: { config: { ...GOOD, resourceGroupName: "rg" } },
    expected: { "resource group": "EP-PREFLIGHT-11" },
  },
  {
    name: "a role that lacks an operation",
    plant: ({ manager }) => {
      manager.subscription.permissions = [
        { actions: ["*/read", "Microsoft.Compute/*", "Microsoft.Network/*", "Microsoft.Resources/*"], notActions: [] },
        { actions: ["Microsoft.DBforPostgreSQL/*"], notActions: ["*/firewallRules/*"] },
      ];
    },
    expected: { rights: "EP-AZ-16" },
  },
  {
    name: "a resource provider that is not registered",
    plant: ({ manager }) => {
      manager.subscription.providers["Microsoft.DBforPostgreSQL"] = "NotRegistered";
    },
    expected: { "resource providers": "EP-PREFLIGHT-01" },
  },
  {
    name: "a region that does not exist",
    asked: { config: { ...GOOD, location: "westeurop" } },
    expected: { region: "EP-PREFLIGHT-02" },
  },
  {
    name: "a region that is closed to the subscription",
    plant: region((offer) => {
      offer.restricted = "Enabled";
    }),
    expected: { region: "EP-PREFLIGHT-03" },
  },
  {
    name: "a version that the region disables",
    plant: region((offer) => {
      offer.supportedServerVersions = [{ name: "17", status: "Disabled" }, { name: "16" }];
    }),
    expected: { "PostgreSQL version": "EP-PREFLIGHT-04" },
  },
  {
    name: "a server size that the region lacks",
    asked: { config: { ...GOOD, serverSku: "Standard_B20ms" } },
    expected: { "server size": "EP-PREFLIGHT-05" },
  },
  {
    name: "a region without standbys in another zone",
    plant: (azure) => {
      azure.add("/resourceGroups/rg");
      region((offer) => {
        generalPurpose(offer).supportedHaMode = ["SameZone"];
      })(azure);
    },
    asked: { config: PROD },
    expected: { "high availability": "EP-PREFLIGHT-06" },
  },
  {
    name: "a region without the standby's zone",
    plant: (azure) => {
      azure.add("/resourceGroups/rg");
      region((offer) => {
        generalPurpose(offer).supportedZones = ["1", "3"];
      })(azure);
    },
    asked: { config: PROD },
    expected: { "high availability": "EP-PREFLIGHT-06" },
  },
  {
    name: "a region without geo-redundant backup",
    plant: (azure) => {
      azure.add("/resourceGroups/rg");
      region((offer) => {
        offer.geoBackupSupported = "Disabled";
      })(azure);
    },
    asked: { config: PROD },
    expected: { "geo-redundant backup": "EP-PREFLIGHT-07" },
  },
  {
    name: "a VM size that the region lacks",
    asked: { config: { ...GOOD, vmSize: "Standard_B99" } },
    expected: { "VM size": "EP-PREFLIGHT-08" },
  },
  {
    name: "a VM size that is restricted for the subscription",
    plant: ({ manager }) => {
      for (const size of manager.subscription.machineSizes) size.restriction = "NotAvailableForSubscription";
    },
    expected: { "VM size": "EP-PREFLIGHT-08" },
  },
  {
    name: "a VM size without trusted launch",
    plant: ({ manager }) => {
      for (const size of manager.subscription.machineSizes) size.trustedLaunchDisabled = true;
    },
    expected: { "VM size": "EP-PREFLIGHT-08" },
  },
  {
    name: "a quota with room for one VM of two",
    plant: ({ manager }) => {
      manager.subscription.usages.standardBasv2Family = { currentValue: 7, limit: 10 };
    },
    asked: { config: { ...GOOD, apps: ["one", "two"].map((name) => ({ name, profile: "writer" })) } },
    expected: { "VM quota": "EP-PREFLIGHT-09" },
  },
  {
    name: "a quota of servers with room for the server, not for its standby",
    plant: (azure) => {
      azure.add("/resourceGroups/rg");
      azure.manager.subscription.serverUsages.standardDDSv5Family = { currentValue: 7, limit: 10 };
    },
    asked: { config: PROD },
    expected: { "server quota": "EP-PREFLIGHT-09" },
  },
  {
    name: "a used up quota of Burstable servers",
    plant: ({ manager }) => {
      manager.subscription.serverUsages.standardBSFamily = { currentValue: 10, limit: 10 };
    },
    expected: { "server quota": "EP-PREFLIGHT-09" },
  },
  {
    name: "a server name that another one has",
    plant: ({ manager }) => manager.subscription.takenNames.push("app-server-dev"),
    // biome-ignore lint/suspicious/noTemplateCurlyInString: Pulumi's own form
    asked: { others: { "pulumi:autonaming": '{"pattern":"${name}-${stack}"}' } },
    expected: { "server name": "EP-PREFLIGHT-10" },
  },
  {
    name: "a VM of another stack with the VM's name",
    plant: (azure) => {
      azure.add("/resourceGroups/rg");
      azure.add("/resourceGroups/rg/providers/Microsoft.Compute/virtualMachines/orders", { tags: { stack: "dev" } });
    },
    asked: { config: { ...GOOD, resourceGroupName: "rg", vmName: "orders" } },
    expected: { "VM names": "EP-PREFLIGHT-10" },
  },
  {
    name: "a server that is stopped",
    plant: (azure) => {
      const path = "/resourceGroups/rg/providers/Microsoft.DBforPostgreSQL/flexibleServers/app-server1";
      azure.add(path, { tags: STACK_TAGS, state: "Stopped" });
    },
    expected: { "server state": "EP-PREFLIGHT-15" },
  },
  {
    name: "an existing server that does not exist",
    asked: {
      config: {
        existingServerId: `/subscriptions/${SUBSCRIPTION_ID}/resourceGroups/rg/providers/Microsoft.DBforPostgreSQL/flexibleServers/db`,
        allowedAddresses: [ADDRESS],
      },
    },
    expected: { "existing resources": "EP-SERVER-06" },
  },
  {
    name: "an existing server that is stopped",
    plant: (azure) => {
      azure.add("/resourceGroups/rg/providers/Microsoft.DBforPostgreSQL/flexibleServers/db", { state: "Stopped" });
    },
    asked: {
      config: {
        existingServerId: `/subscriptions/${SUBSCRIPTION_ID}/resourceGroups/rg/providers/Microsoft.DBforPostgreSQL/flexibleServers/db`,
        allowedAddresses: [ADDRESS],
      },
    },
    expected: { "existing resources": "EP-SERVER-09" },
  },
  {
    name: "an address that no rule covers",
    asked: { address: "20.1.2.4" },
    expected: { address: "EP-PREFLIGHT-12" },
  },
  {
    name: "an address in the token that no rule covers",
    plant: ({ issuer }) => {
      issuer.override = { ipaddr: "20.1.2.4" };
    },
    asked: { address: "" },
    expected: { address: "EP-PREFLIGHT-12" },
  },
  {
    name: "an administrator that the directory does not have",
    asked: { config: { ...GOOD, ...ADMIN } },
    expected: { administrators: "EP-PREFLIGHT-13" },
  },
  {
    name: "an administrator of another type",
    plant: ({ directory }) => {
      directory.add({ displayName: "ops", type: "service", objectId: ADMIN.adminObjectId });
    },
    asked: { config: { ...GOOD, ...ADMIN } },
    expected: { administrators: "EP-PREFLIGHT-13" },
  },
  {
    name: "a person without a user principal name",
    plant: ({ issuer }) => {
      issuer.override = { idtyp: "user" };
    },
    expected: { administrators: "EP-LOGIN-05" },
  },
  {
    name: "a login that @pulumi/postgresql does not find",
    asked: ({ environment }) => ({
      // As the first login that is set, azure-native's; the Azure SDK is told to look for another one.
      env: {
        ARM_USE_MSI: "true",
        ARM_CLIENT_ID: environment.ARM_CLIENT_ID ?? "",
        AZURE_TOKEN_CREDENTIALS: "EnvironmentCredential",
        AZURE_CLIENT_ID: "",
      },
    }),
    expected: { "login of @pulumi/postgresql": "EP-LOGIN-04" },
  },
  {
    name: "a variable that @pulumi/postgresql reads",
    asked: { env: { PGOPTIONS: "-c role=none" } },
    expected: { "login of @pulumi/postgresql": "EP-LOGIN-03" },
  },
  {
    name: "another login that @pulumi/postgresql finds",
    asked: ({ directory, environment }) => ({
      env: {
        ARM_USE_MSI: "true",
        ARM_CLIENT_ID: environment.ARM_CLIENT_ID ?? "",
        AZURE_CLIENT_ID: directory.add({ displayName: "other", type: "service" }).clientId ?? "",
      },
    }),
    expected: { "login of @pulumi/postgresql": "EP-LOGIN-04" },
  },
];

for (const { name, plant, asked = {}, expected } of CASES) {
  test(name, async () => {
    await using azure = await AzureContext.open();
    plant?.(azure);
    assert.deepEqual(await azure.problems(typeof asked === "function" ? asked(azure) : asked), expected);
  });
}

test("a subscription that has all it takes has no problem", async () => {
  await using azure = await AzureContext.open();
  const outcomes = (await azure.rows()).map(({ outcome }) => outcome);
  assert.deepEqual([...new Set(outcomes)], ["ok"]);
});

test("prod's defaults have no problem in a region that is open", async () => {
  await using azure = await AzureContext.open();
  azure.add("/resourceGroups/rg");
  assert.deepEqual(await azure.problems({ config: PROD }), {});
});

test("a stack's own server and VM are no problem", async () => {
  await using azure = await AzureContext.open();
  azure.add("/resourceGroups/rg");
  azure.add("/resourceGroups/rg/providers/Microsoft.Compute/virtualMachines/orders", { tags: STACK_TAGS });
  const server = "/resourceGroups/rg/providers/Microsoft.DBforPostgreSQL/flexibleServers/app-server";
  azure.add(server, { tags: STACK_TAGS, state: "Ready" });
  azure.manager.subscription.takenNames.push("app-server");
  const config = { ...GOOD, resourceGroupName: "rg", vmName: "orders" };
  const rows = await azure.rows({ config, others: { "pulumi:autonaming": '{"mode":"verbatim"}' } });
  assert.deepEqual(
    rows.filter(({ outcome }) => outcome !== "ok"),
    [],
  );
  const found = Object.fromEntries(rows.map(({ check, found: words }) => [check, words]));
  assert.match(found["server name"] ?? "", /own/);
});

test("what a stack has already needs neither the region's offers nor the quota", async () => {
  await using azure = await AzureContext.open();
  azure.add("/resourceGroups/made/providers/Microsoft.DBforPostgreSQL/flexibleServers/app-server1", {
    ...{ tags: STACK_TAGS, state: "Ready" },
  });
  azure.add("/resourceGroups/made/providers/Microsoft.Compute/virtualMachines/orders", { tags: STACK_TAGS });
  const { subscription } = azure.manager;
  subscription.regions.swedencentral = { ...openRegion(), restricted: "Enabled" };
  subscription.usages.cores = { currentValue: 10, limit: 10 };
  assert.deepEqual(await azure.problems({ config: { ...GOOD, vmName: "orders" } }), {});
  assert.deepEqual(await azure.problems({ config: { ...GOOD, vmName: "other" } }), { "VM quota": "EP-PREFLIGHT-09" });
});

test("a request that Azure asks to send later is sent again", async () => {
  await using azure = await AzureContext.open();
  azure.manager.refusal = { status: 429, code: "TooManyRequests", retryAfter: 0, times: 2 };
  assert.deepEqual(await azure.problems(), {});
});

test("a closed region's remedy names open ones of the subscription", async () => {
  await using azure = await AzureContext.open();
  const { regions } = azure.manager.subscription;
  regions.westeurope = { ...openRegion(), restricted: "Enabled" };
  regions.swedencentral = { ...openRegion(), restricted: "Enabled" };
  const row = (await azure.rows()).find(({ check }) => check === "region");
  assert.ok(row?.outcome === "problem");
  assert.match(row.remedy, /northeurope/);
  assert.doesNotMatch(row.remedy, /westeurope|francecentral/);
});

test("what the login may not read is not askable, and no problem", async () => {
  await using azure = await AzureContext.open();
  azure.graph.forbidden = true;
  azure.manager.subscription.forbidden = ["/providers/"];
  const rows = await azure.rows({ config: { ...GOOD, ...ADMIN } });
  const denied = rows.filter(({ outcome }) => outcome === "not askable").map(({ check }) => check);
  assert.deepEqual(denied, [
    ...["rights", "resource providers", "region", "PostgreSQL version", "server size", "server quota"],
    ...["VM size", "VM quota", "server state", "administrators"],
  ]);
  assert.deepEqual(
    rows.filter(({ outcome }) => outcome === "problem"),
    [],
  );
});

test("a directory that takes no token of this login is not askable", async () => {
  await using azure = await AzureContext.open();
  // The resource manager refuses the directory's tokens.
  const env = { MSGRAPH_ENDPOINT: azure.manager.url };
  const rows = await azure.rows({ config: { ...GOOD, ...ADMIN }, env });
  assert.equal(rows.find(({ check }) => check === "administrators")?.outcome, "not askable");
});

test("an address that nobody knows is not askable, and neither is a private server", async () => {
  await using azure = await AzureContext.open();
  azure.add("/resourceGroups/rg");
  for (const asked of [{ address: "" }, { config: PROD }]) {
    const row = (await azure.rows(asked)).find(({ check }) => check === "address");
    assert.equal(row?.outcome, "not askable");
  }
});

test("no token is in the table, even where an answer quotes one", async () => {
  await using azure = await AzureContext.open();
  await azure.rows();
  const [token = ""] = azure.tokens;
  azure.manager.subscription.state = token;
  const rows = await azure.rows();
  assert.ok(azure.tokens.length > 0 && token !== "");
  const shown = `${table(rows)}\n${JSON.stringify(rows)}`;
  assert.match(shown, /EP-PREFLIGHT-17/);
  assert.deepEqual(findSecrets(shown, azure.tokens), []);
});

test("nothing is changed: every request reads", async () => {
  await using azure = await AzureContext.open();
  const { subscription } = azure.manager;
  const methods = new Set<string>();
  const answer = subscription.answer.bind(subscription);
  subscription.answer = (request) => {
    methods.add(`${request.method} ${request.method === "GET" ? "" : request.path.split("/").at(-1)}`.trim());
    return answer(request);
  };
  await azure.rows({ others: { "pulumi:autonaming": '{"mode":"verbatim"}' } });
  assert.deepEqual([...methods].sort(), ["GET", "POST checkNameAvailability"]);
});
