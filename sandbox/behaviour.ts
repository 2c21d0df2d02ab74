import { UserError } from "entra-postgres/errors";
import { didYouMean } from "entra-postgres/suggestions";

/** What Azure does in one respect: what is published leaves it open, or the gentle way saves time. */
interface Switch {
  /** The respect, with the unit of a number. */
  what: string;
  /** The value by which the program is tried quickly. */
  gentle: string | number;
  /** The value of the less favourable Azure. A word has these two values, a number any from 0 on. */
  harsh: string | number;
  /** Where it was read that Azure may be as harsh. */
  source: string;
}

/** Every respect in which the sandbox can be as harsh as Azure. docs/sandbox.md is made from it. */
export const SWITCHES = {
  directoryDelay: {
    what: "seconds until PostgreSQL finds a new principal",
    gentle: 0,
    harsh: 20,
    source: "an azd sample waits 60 s; Azure/ARO-HCP saw failures",
  },
  duplicateNames: {
    what: "a display name that several principals have, in `pgaadauth_create_principal`: the `oldest` one is bound, or the call is `refused`",
    gentle: "oldest",
    harsh: "refused",
    source: "Azure-Samples/azure-postgres-mcp-demo: “its name isn't unique in the tenant”",
  },
  refusalTexts: {
    what: "wording of the functions: `older` says AAD user, `newer` Microsoft Entra ID user",
    gentle: "older",
    harsh: "newer",
    source: "Microsoft Learn for the older, Azure-Samples/azure-postgres-mcp-demo for the newer",
  },
  adminOption: {
    what: "who gets ADMIN on a role that `pgaadauth_*` makes: `azure_pg_admin`, or the `creator` alone",
    gentle: "azure_pg_admin",
    harsh: "creator",
    source: "Microsoft Learn, role changes of PostgreSQL 16; MicrosoftDocs/azure-docs issue 102814",
  },
  removedAdministrators: {
    what: "the role of a removed administrator is `kept`, or `dropped` with what it owns and has granted",
    gentle: "kept",
    harsh: "dropped",
    source: "undecided in public evidence",
  },
  databaseOwner: {
    what: "owner of a database that is made when the server has several administrators",
    gentle: "azure_pg_admin",
    harsh: "azuresu",
    source:
      "hashicorp/terraform-provider-azurerm issue 27895, Azure/bicep-registry-modules issue 3596: not predictable",
  },
  alterSystem: {
    what: "SQLSTATE of ALTER SYSTEM for everybody but the service: `42501`, or `0A000` with allow_alter_system off (17 and later)",
    gentle: "42501",
    harsh: "0A000",
    source: "a dump of a server's settings in a public repository",
  },
  administratorDelay: {
    what: "seconds for which a new server refuses administrators (409 AadAuthOperationCannotBePerformedWhenServerIsNotAccessible) and logins (57P03)",
    gentle: 0,
    harsh: 3,
    source: "Azure/azure-postgresql issue 127",
  },
  firewallDelay: {
    what: "seconds until a change of the firewall's rules holds",
    gentle: 0,
    harsh: 8,
    source: "Microsoft Learn, firewall rules: up to five minutes",
  },
  operationSeconds: {
    what: "seconds that an operation on a server takes at least; a second one meanwhile is refused",
    gentle: 0.06,
    harsh: 0.5,
    source: "Azure/azure-postgresql issue 134; Azure takes minutes",
  },
  longOperations: {
    what: "answer of the resource manager over HTTP to PUT, PATCH and DELETE: `done`, or `accepted` with Azure-AsyncOperation",
    gentle: "done",
    harsh: "accepted",
    source: "Azure/azure-resource-manager-rpc, v1.0/async-api-reference.md",
  },
  throttleEvery: {
    what: "every n-th request to the resource manager over HTTP is answered 429 with Retry-After; 0: none",
    gentle: 0,
    harsh: 4,
    source: "Microsoft Learn, “Understand how Azure Resource Manager throttles requests”",
  },
  restartAtLogin: {
    what: "the n-th login to a server restarts it once, which ends all sessions; 0: none",
    gentle: 0,
    harsh: 7,
    source: "Microsoft Learn, scheduled maintenance and transient connectivity errors",
  },
} as const satisfies Record<string, Switch>;

type Value<S extends Switch> = S["gentle"] extends number ? number : S["gentle"] | S["harsh"];

/** A choice in each respect. */
export type AzureBehaviour = { -readonly [Name in keyof typeof SWITCHES]: Value<(typeof SWITCHES)[Name]> };

export const GENTLE = world("gentle");
export const HARSH = world("harsh");

/**
 * Reads a choice.
 * @param text words with commas between: `gentle` or `harsh` for all, then `name=value` for one; "" is `gentle`
 * @throws UserError EP-SANDBOX-09 for an unknown word, switch or value
 */
export function parseBehaviour(text = ""): AzureBehaviour {
  const chosen: Record<string, string | number> = { ...GENTLE };
  for (const word of text.split(",").map((each) => each.trim())) {
    if (word === "") continue;
    if (word === "gentle" || word === "harsh") {
      Object.assign(chosen, world(word));
      continue;
    }
    const [name = "", value] = word.split("=", 2);
    if (value === undefined || !Object.hasOwn(SWITCHES, name)) {
      const known = ["gentle", "harsh", ...Object.keys(SWITCHES).map((each) => `${each}=…`)];
      throw unknown(known.join(", "), `${word}${didYouMean(name, Object.keys(SWITCHES))}`);
    }
    chosen[name] = parsed(name, SWITCHES[name as keyof typeof SWITCHES], value);
  }
  return chosen as AzureBehaviour;
}

function parsed(name: string, { gentle, harsh }: Switch, value: string): string | number {
  if (typeof gentle === "string") {
    if (value === gentle || value === harsh) return value;
    throw unknown(`${name} to be ${gentle} or ${harsh}`, value);
  }
  if (/^\d+(\.\d+)?$/.test(value)) return Number(value);
  throw unknown(`${name} to be a number from 0 on`, value);
}

function world(name: "gentle" | "harsh"): AzureBehaviour {
  return Object.fromEntries(Object.entries(SWITCHES).map(([key, each]) => [key, each[name]])) as AzureBehaviour;
}

function unknown(expected: string, found: string): UserError {
  return new UserError({ code: "EP-SANDBOX-09", step: "reading SANDBOX_AZURE", expected, found });
}
