import type { Failure } from "../../properties/checkProperties.ts";
import { isAbsent, textAt, valueAt } from "../../properties/values.ts";
import type { Props } from "../../providerHost.ts";
import { invalidParameter, NotEmulatedError } from "../engine/armError.ts";
import { nameInId } from "../engine/armId.ts";

/** Sizes of storage in GiB that Azure sells: 32 GiB to 32 TiB by Azure's documentation; the steps between are assumed. */
const STORAGE_SIZES = [32, 64, 128, 256, 512, 1024, 2048, 4095, 4096, 8192, 16384, 32767];
/** What a size's name begins with, by tier. Source: Azure's documentation of compute for PostgreSQL flexible servers. */
const SIZES: Readonly<Record<string, RegExp>> = {
  Burstable: /^Standard_B\w+$/,
  GeneralPurpose: /^Standard_D\w+$/,
  MemoryOptimized: /^Standard_E\w+$/,
};

/** Log-in settings that Azure refuses. Values that a preview does not know yet pass. */
export function checkServerLogin(inputs: Props): Failure[] {
  const failures: Failure[] = [];
  const fail = (property: string, reason: string) => failures.push({ property, reason });
  const passwords = valueAt(inputs, "authConfig.passwordAuth");
  const entra = valueAt(inputs, "authConfig.activeDirectoryAuth");
  for (const property of ["administratorLogin", "administratorLoginPassword"]) {
    if (passwords === "Disabled" && !isAbsent(inputs[property])) {
      fail(property, `${property} is not allowed while authConfig.passwordAuth is "Disabled": leave one of them out`);
    }
  }
  if (passwords === "Disabled" && (entra === "Disabled" || isAbsent(entra))) {
    fail("authConfig", 'nobody could log in: set activeDirectoryAuth or passwordAuth to "Enabled"');
  }
  if ((isAbsent(inputs.authConfig) || passwords === "Enabled") && isAbsent(inputs.sourceServerResourceId)) {
    for (const property of ["administratorLogin", "administratorLoginPassword"]) {
      if (isAbsent(inputs[property])) {
        fail(
          property,
          `password authentication needs ${property}; for Microsoft Entra alone set authConfig.passwordAuth to "Disabled"`,
        );
      }
    }
  }
  return failures;
}

/** @throws ArmError for a server that Azure would not make or change in this way; NotEmulatedError for what Azure can and the sandbox cannot */
export function requireServer(id: string, inputs: Props, existing: Props | undefined, tenantId: string): void {
  requireEmulated(inputs, existing);
  const tier = textAt(inputs, "sku.tier") ?? "";
  const size = textAt(inputs, "sku.name") ?? "";
  if (SIZES[tier] && !SIZES[tier].test(size)) {
    throw invalidParameter(
      `The sku '${size}' is not one of tier '${tier}'.`,
      "Burstable has Standard_B…, GeneralPurpose Standard_D…, MemoryOptimized Standard_E….",
    );
  }
  const mode = textAt(inputs, "highAvailability.mode") ?? "Disabled";
  if (tier === "Burstable" && mode !== "Disabled") {
    throw invalidParameter(
      `High availability mode '${mode}' is not supported for server '${nameInId(id)}' with the Burstable tier.`,
      "Use a GeneralPurpose or MemoryOptimized sku, or turn high availability off.",
    );
  }
  const tenant = textAt(inputs, "authConfig.tenantId") ?? "";
  if (tenant !== "" && tenant.toLowerCase() !== tenantId) {
    throw invalidParameter(
      `Tenant '${tenant}' is not the tenant of the subscription.`,
      `Set authConfig.tenantId to ${tenantId}, or leave it out.`,
    );
  }
  requireStorage(valueAt(inputs, "storage.storageSizeGB"), valueAt(existing, "storage.storageSizeGB"));
  if (existing) requireSameServer(inputs, existing);
}

function requireEmulated(inputs: Props, existing: Props | undefined): void {
  const createMode = textAt(inputs, "createMode") ?? "Default";
  const modes = existing ? ["Default", "Create", "Update"] : ["Default", "Create"];
  if (!modes.includes(createMode)) {
    throw new NotEmulatedError(`createMode "${createMode}"`, `It makes new, empty servers: leave createMode out.`);
  }
  if (textAt(inputs, "authConfig.passwordAuth") !== "Disabled") {
    throw new NotEmulatedError(
      "password authentication on a PostgreSQL server",
      'Set authConfig to { activeDirectoryAuth: "Enabled", passwordAuth: "Disabled" }.',
    );
  }
  if (textAt(inputs, "network.delegatedSubnetResourceId") || textAt(inputs, "network.privateDnsZoneArmResourceId")) {
    throw new NotEmulatedError(
      "a server inside a virtual network",
      "Leave delegatedSubnetResourceId and privateDnsZoneArmResourceId out.",
    );
  }
}

function requireStorage(size: unknown, old: unknown): void {
  if (typeof size !== "number") return;
  if (!STORAGE_SIZES.includes(size)) {
    throw invalidParameter(`The storage size ${size} GiB is not valid.`, `Choose one of ${STORAGE_SIZES.join(", ")}.`);
  }
  if (typeof old === "number" && size < old) {
    throw invalidParameter(
      `The storage of a server cannot shrink from ${old} to ${size} GiB.`,
      `Keep storage.storageSizeGB at ${old} or more.`,
    );
  }
}

function requireSameServer(inputs: Props, existing: Props): void {
  const version = Number(inputs.version ?? existing.version);
  if (version < Number(existing.version)) {
    throw invalidParameter(
      `Version ${existing.version} cannot be downgraded to ${version}.`,
      `Keep version "${existing.version}".`,
    );
  }
  if (version > Number(existing.version)) {
    throw new NotEmulatedError("an upgrade of the PostgreSQL version", `Keep version "${existing.version}".`);
  }
  const geo = textAt(inputs, "backup.geoRedundantBackup") ?? "Disabled";
  if (geo !== (textAt(existing, "backup.geoRedundantBackup") ?? "Disabled")) {
    throw invalidParameter(
      "Geo-redundant backup can only be set when a server is created.",
      "Keep backup.geoRedundantBackup as it was, or make a new server.",
    );
  }
}
