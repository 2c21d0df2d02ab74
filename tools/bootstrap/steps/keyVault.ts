import { armId, keyId } from "../settings.ts";
import { type Context, difference, resourceStep, type Step } from "../step.ts";
import { elsewhere } from "./groups.ts";

/** As `az keyvault show` answers. */
interface Vault {
  location: string;
  properties: { enableRbacAuthorization: boolean | null; enablePurgeProtection: boolean | null };
}

/** As ARM answers for `Microsoft.KeyVault/vaults/keys`. */
interface Key {
  properties: { kty: string; keyOps: string[] | null; attributes: { enabled: boolean | null } | null };
}

const KEY_API = ["--api-version", "2023-07-01"];

/** The vault, and in it the key under which the stacks' data keys are encrypted. A lost key is lost secrets: it cannot be purged. */
export function keyVault(context: Context): Step[] {
  const { settings } = context;
  const { deliveryGroup, keyVault: name, location } = settings;
  const group = armId(settings, deliveryGroup);
  const vault = ["--name", name, "--resource-group", deliveryGroup];
  const locked = ["--enable-rbac-authorization", "true", "--enable-purge-protection", "true"];
  const key = { properties: { kty: "RSA", keySize: 3072, keyOps: ["encrypt", "decrypt"] } };

  return [
    resourceStep<Vault>(context, {
      title: `key vault ${name}`,
      id: `${group}/providers/Microsoft.KeyVault/vaults/${name}`,
      parent: group,
      show: ["keyvault", "show", ...vault],
      create: [
        "keyvault",
        "create",
        ...vault,
        "--location",
        location,
        "--sku",
        "standard",
        "--retention-days",
        "90",
        ...locked,
      ],
      differences: ({
        location: found,
        properties: { enableRbacAuthorization: rbac, enablePurgeProtection: purge },
      }) => {
        const what = difference([
          ["RBAC authorization", rbac, rbac === true, true],
          ["purge protection", purge, purge === true, true],
        ]);
        return {
          changes: what ? [{ what, command: ["keyvault", "update", ...vault, ...locked] }] : [],
          remarks: elsewhere(found, location),
        };
      },
    }),
    // Through ARM, which makes a key's first version and no other: the vault's own commands need a right on data that an Owner does not
    // have. Source: Azure REST API specification, Keys_CreateIfNotExist.
    resourceStep<Key>(context, {
      title: `key ${settings.key}`,
      id: keyId(settings),
      parent: `${group}/providers/Microsoft.KeyVault/vaults/${name}`,
      show: ["resource", "show", "--ids", keyId(settings), ...KEY_API],
      create: [
        "resource",
        "create",
        "--id",
        keyId(settings),
        ...KEY_API,
        "--is-full-object",
        "--properties",
        JSON.stringify(key),
      ],
      differences: ({ properties: { kty, keyOps, attributes } }) => ({
        changes: [],
        remarks: unusable(kty, keyOps, attributes?.enabled),
      }),
    }),
  ];
}

function unusable(kty: string, keyOps: string[] | null, enabled: boolean | null | undefined): string[] {
  const missing = ["encrypt", "decrypt"].filter((operation) => !(keyOps ?? []).includes(operation));
  return [
    ...(/^RSA/.test(kty) ? [] : [`the key is ${kty}, and Pulumi needs RSA: choose another --key`]),
    ...(missing.length > 0
      ? [`the key does not allow ${missing.join(" and ")}: az keyvault key set-attributes --ops`]
      : []),
    ...(enabled === false ? ["the key is disabled: az keyvault key set-attributes --enabled true"] : []),
  ];
}
