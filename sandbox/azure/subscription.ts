import { SUBSCRIPTION_ID as SUBSCRIPTION } from "../deployer.ts";
import type { ArmRequest } from "./armRequests.ts";
import { armError } from "./azureNative/engine/armError.ts";

type Json = Record<string, unknown>;

/** A region's answer to what it offers flexible servers, as far as programs read it. */
export interface Capability {
  restricted: "Enabled" | "Disabled";
  reason?: string;
  zoneRedundantHaSupported: "Enabled" | "Disabled";
  geoBackupSupported: "Enabled" | "Disabled";
  zoneRedundantHaAndGeoBackupSupported: "Enabled" | "Disabled";
  supportedServerVersions: { name: string; status?: string }[];
  supportedServerEditions: {
    name: string;
    supportedServerSkus: {
      name: string;
      status?: string;
      vCores: number;
      supportedZones: string[];
      supportedHaMode: string[];
    }[];
  }[];
}

/** How much of a quota is used. */
interface Usage {
  currentValue: number;
  limit: number;
}

/** What is in the subscription. */
interface Contents {
  /** A resource by its id. */
  find: (id: string) => Json | undefined;
  /** Every resource of a type, such as `flexibleServers`, as Azure shows it. */
  list: (type: string) => Json[];
}

const ZONES = ["1", "2", "3"];
const NO_STANDBY = { supportedZones: ZONES, supportedHaMode: [] };
const STANDBY = { supportedZones: ZONES, supportedHaMode: ["SameZone", "ZoneRedundant"] };

/** A region that offers all that the program's defaults use. */
export function openRegion(): Capability {
  return {
    restricted: "Disabled",
    zoneRedundantHaSupported: "Enabled",
    geoBackupSupported: "Enabled",
    zoneRedundantHaAndGeoBackupSupported: "Enabled",
    supportedServerVersions: ["16", "17", "18"].map((name) => ({ name })),
    supportedServerEditions: [
      {
        name: "Burstable",
        supportedServerSkus: [
          { name: "Standard_B1ms", vCores: 1, ...NO_STANDBY },
          { name: "Standard_B2s", vCores: 2, ...NO_STANDBY },
        ],
      },
      {
        name: "GeneralPurpose",
        supportedServerSkus: [
          { name: "Standard_D2ds_v5", vCores: 2, ...STANDBY },
          { name: "Standard_D4ds_v5", vCores: 4, ...STANDBY },
        ],
      },
      { name: "MemoryOptimized", supportedServerSkus: [{ name: "Standard_E2ds_v5", vCores: 2, ...STANDBY }] },
    ],
  };
}

/**
 * What Azure answers about a subscription before anything is in it: reading changes nothing. A test changes the facts.
 *
 * Sources: azure-rest-api-specs, specification/postgresql (2024-08-01: Capabilities, CheckNameAvailability, QuotaUsages), compute (2024-07-01: Usage;
 * 2021-07-01: skus), resources (2021-04-01, 2022-12-01), authorization (2022-04-01, Permissions).
 */
export class Subscription {
  state = "Enabled";
  /** @default that of the directory */
  tenantId: string;
  permissions: { actions: string[]; notActions: string[] }[] = [{ actions: ["*"], notActions: [] }];
  /** Resource providers that are not registered, by their state. @default every one is registered */
  providers: Record<string, string> = {};
  regions: Record<string, Capability> = {
    westeurope: openRegion(),
    northeurope: openRegion(),
    swedencentral: openRegion(),
  };
  machineSizes: {
    name: string;
    family: string;
    vCPUs: number;
    restriction?: string;
    trustedLaunchDisabled?: boolean;
  }[] = [
    { name: "Standard_B2ats_v2", family: "standardBasv2Family", vCPUs: 2 },
    { name: "Standard_B1s", family: "standardBSFamily", vCPUs: 1 },
  ];
  /** Cores of VMs. */
  usages: Record<string, Usage> = {
    cores: { currentValue: 0, limit: 10 },
    standardBasv2Family: { currentValue: 0, limit: 10 },
  };
  /** Cores of flexible servers. */
  serverUsages: Record<string, Usage> = {
    standardBSFamily: { currentValue: 0, limit: 10 },
    standardDDSv5Family: { currentValue: 0, limit: 10 },
  };
  /** Ids of further subscriptions that the login reaches. */
  others: string[] = [];
  /** Names of servers that others have. */
  takenNames: string[] = [];
  /** Paths, or parts of them, that the login may not read. */
  forbidden: string[] = [];
  readonly #contents: Contents;

  constructor(tenantId: string, contents: Contents) {
    this.tenantId = tenantId;
    this.#contents = contents;
  }

  /** @returns the answer, as Azure writes it; undefined for a path of another kind */
  answer(request: ArmRequest): Json | undefined {
    for (const [method, pattern, answer] of this.#answers) {
      const groups =
        method === request.method ? new RegExp(`^${pattern}$`, "i").exec(request.path)?.slice(1) : undefined;
      if (groups === undefined) continue;
      if (this.forbidden.some((part) => request.path.includes(part))) {
        throw armError("AuthorizationFailed", { action: request.path });
      }
      return answer(groups, request.body ?? {});
    }
    return undefined;
  }

  readonly #answers: readonly [method: string, pattern: string, answer: (parts: string[], body: Json) => Json][] = [
    ["GET", "/subscriptions", () => ({ value: [SUBSCRIPTION, ...this.others].map((id) => this.#shown(id)) })],
    ["GET", "/subscriptions/([^/]+)", ([id = ""]) => this.#shown(id)],
    ["GET", "/subscriptions/[^/]+/locations", () => ({ value: Object.keys(this.regions).map((name) => ({ name })) })],
    ["GET", "(/subscriptions/[^/]+/resourcegroups/([^/]+))", ([id = "", group = ""]) => this.#group(id, group)],
    [
      "GET",
      "/subscriptions/[^/]+(?:/resourcegroups/[^/]+)?/providers/Microsoft.Authorization/permissions",
      () => ({ value: this.permissions }),
    ],
    [
      "GET",
      "/subscriptions/[^/]+/providers/(Microsoft\\.\\w+)",
      ([namespace = ""]) => ({ namespace, registrationState: this.providers[namespace] ?? "Registered" }),
    ],
    [
      "GET",
      "/subscriptions/[^/]+/providers/Microsoft.DBforPostgreSQL/locations/(\\w+)/capabilities",
      ([region = ""]) => ({
        value: this.regions[region] ? [{ name: "FlexibleServerCapabilities", ...this.regions[region] }] : [],
      }),
    ],
    [
      "GET",
      "/subscriptions/[^/]+/providers/Microsoft\\.\\w+/(flexibleServers|virtualMachines)",
      ([type = ""]) => ({ value: this.#contents.list(type) }),
    ],
    [
      "POST",
      "/subscriptions/[^/]+/providers/Microsoft.DBforPostgreSQL/checkNameAvailability",
      (_, { name }) =>
        this.takenNames.includes(String(name))
          ? { name, nameAvailable: false, reason: "AlreadyExists", message: "Specified server name is already used." }
          : { name, nameAvailable: true, message: "" },
    ],
    ["GET", "/subscriptions/[^/]+/providers/Microsoft.Compute/skus", () => ({ value: this.#sizes() })],
    ["GET", "/subscriptions/[^/]+/providers/Microsoft.Compute/locations/\\w+/usages", () => shownUsages(this.usages)],
    [
      "GET",
      "/subscriptions/[^/]+/providers/Microsoft.DBforPostgreSQL/locations/\\w+/resourceType/flexibleServers/usages",
      () => shownUsages(this.serverUsages),
    ],
  ];

  #shown(subscriptionId: string): Json {
    if (![SUBSCRIPTION, ...this.others].includes(subscriptionId.toLowerCase()))
      throw armError("SubscriptionNotFound", { id: subscriptionId });
    const { tenantId, state } = this;
    return { id: `/subscriptions/${subscriptionId}`, subscriptionId, tenantId, state, displayName: "Sandbox" };
  }

  #group(id: string, group: string): Json {
    const found = this.#contents.find(id);
    if (!found) throw armError("ResourceGroupNotFound", { group });
    return { id, name: group, location: found.location };
  }

  #sizes(): Json[] {
    return this.machineSizes.flatMap(({ name, family, vCPUs, restriction, trustedLaunchDisabled }) =>
      Object.keys(this.regions).map((region) => ({
        resourceType: "virtualMachines",
        name,
        family,
        locations: [region],
        capabilities: [
          { name: "vCPUs", value: String(vCPUs) },
          ...(trustedLaunchDisabled ? [{ name: "TrustedLaunchDisabled", value: "True" }] : []),
        ],
        restrictions: restriction
          ? [{ type: "Location", values: [region], restrictionInfo: { locations: [region] }, reasonCode: restriction }]
          : [],
      })),
    );
  }
}

function shownUsages(usages: Record<string, Usage>): Json {
  return { value: Object.entries(usages).map(([value, usage]) => ({ unit: "Count", name: { value }, ...usage })) };
}
