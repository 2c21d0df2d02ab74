import type { Failure } from "../../properties/checkProperties.ts";
import { isAbsent, textAt, valueAt } from "../../properties/values.ts";
import type { Props } from "../../providerHost.ts";
import { armError } from "../engine/armError.ts";
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
    fail("authConfig", 'no user could log in: set activeDirectoryAuth or passwordAuth to "Enabled"');
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

/** @throws ArmError for a program's server with password logins; one that exists beside the program may have the setting */
export function requireNoPasswords(inputs: Props): void {
  if (textAt(inputs, "authConfig.passwordAuth") !== "Disabled") throw armError("ServerPasswordsNotEmulated");
}

/** @throws ArmError for a server that Azure would not make or change in this way, and for a feature that the sandbox lacks */
export function requireServer(id: string, inputs: Props, existing: Props | undefined, tenantId: string): void {
  requireEmulated(inputs, existing);
  const tier = textAt(inputs, "sku.tier") ?? "";
  const size = textAt(inputs, "sku.name") ?? "";
  if (SIZES[tier] && !SIZES[tier].test(size)) throw armError("SkuOfAnotherTier", { size, tier });
  const mode = textAt(inputs, "highAvailability.mode") ?? "Disabled";
  if (tier === "Burstable" && mode !== "Disabled") {
    throw armError("HighAvailabilityNeedsTier", { mode, server: nameInId(id) });
  }
  const tenant = textAt(inputs, "authConfig.tenantId") ?? "";
  if (tenant !== "" && tenant.toLowerCase() !== tenantId) throw armError("ServerOfAnotherTenant", { tenant, tenantId });
  requireStorage(valueAt(inputs, "storage.storageSizeGB"), valueAt(existing, "storage.storageSizeGB"));
  if (existing) requireSameServer(inputs, existing);
}

function requireEmulated(inputs: Props, existing: Props | undefined): void {
  const createMode = textAt(inputs, "createMode") ?? "Default";
  const modes = existing ? ["Default", "Create", "Update"] : ["Default", "Create"];
  if (!modes.includes(createMode)) throw armError("CreateModeNotEmulated", { createMode });
  if (textAt(inputs, "network.delegatedSubnetResourceId") || textAt(inputs, "network.privateDnsZoneArmResourceId")) {
    throw armError("ServerInNetworkNotEmulated");
  }
}

function requireStorage(size: unknown, old: unknown): void {
  if (typeof size !== "number") return;
  if (!STORAGE_SIZES.includes(size)) throw armError("InvalidStorageSize", { size, sizes: STORAGE_SIZES.join(", ") });
  if (typeof old === "number" && size < old) throw armError("StorageCannotShrink", { old, size });
}

function requireSameServer(inputs: Props, existing: Props): void {
  const version = Number(inputs.version ?? existing.version);
  if (version < Number(existing.version)) throw armError("VersionCannotGoBack", { current: existing.version, version });
  if (version > Number(existing.version)) throw armError("UpgradeNotEmulated", { current: existing.version });
  const geo = textAt(inputs, "backup.geoRedundantBackup") ?? "Disabled";
  if (geo !== (textAt(existing, "backup.geoRedundantBackup") ?? "Disabled")) throw armError("GeoRedundancyIsFixed");
}
