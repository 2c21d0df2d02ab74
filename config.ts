import { existsSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { resolve } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import type { Administrator } from "entra-postgres";
import { type AddressRange, addressRange, isExample } from "./addressRange.ts";
import { type AppSettings, readApps } from "./appsConfig.ts";
import { ConfigReader } from "./configReader.ts";

/** Everything that a stack's configuration decides. `Pulumi.yaml` describes each key. */
export interface Settings {
  location: string;
  /** Arguments of the VM. */
  vm: { vmSize: string; identityType: string; sshAllowedAddresses: string[]; sshPublicKey?: string };
  /** Arguments of the server. */
  server: {
    postgresVersion: string;
    skuName: string;
    skuTier: string;
    storageSizeGb: number;
    backupRetentionDays: number;
    port: number;
  };
  /** At least one. */
  apps: AppSettings[];
  /** The databases of the applications. */
  databases: string[];
  /** Path of the file with the authority in `trust`, for what wants a path. */
  caCertFile: { caCertFile?: string };
  /** The authority that signed the server's certificate, where it is not a public one. */
  trust: { caCert?: string };
  /** Undefined: whoever deploys. */
  administrator?: Administrator;
  /** The same for clients of the stack, which run on the VM. */
  clientTrust: { rootCertificate?: string };
  /** Who may reach the database server, beside the VM. */
  allowedAddresses: AddressRange[];
  /** How the proof reaches the VM. Without a key it runs by Azure's run command, and nobody can log in to the VM. */
  ssh: { sshPort: number; sshPrivateKey?: string };
}

/**
 * The stack's settings, read once.
 *
 * @throws {pulumi.RunError} listing every problem at once: key, value, what is allowed, an example.
 */
export function readSettings(): Readonly<Settings> {
  const config = new ConfigReader(pulumi.getProject());
  const administrator = readAdministrator(config);
  const key = readSshKey(config);
  const caCert = readCaCert(config);
  const apps = readApps(config, { vmName: readVmName(config), database: readDatabaseName(config) });
  const settings: Settings = {
    location: config.text("location", {
      fallback: "westeurope",
      pattern: /^[a-z0-9]+$/,
      allowed: "an Azure region",
      example: "westeurope",
    }),
    vm: { ...readVm(config, key !== undefined), ...(key ? { sshPublicKey: key.publicKey } : {}) },
    server: readServer(config),
    apps,
    databases: [...new Set(apps.map((app) => app.database))],
    trust: caCert ? { caCert: caCert.pem } : {},
    caCertFile: caCert ? { caCertFile: caCert.file } : {},
    clientTrust: caCert ? { rootCertificate: caCert.file } : {},
    allowedAddresses: readAllowedAddresses(config),
    ssh: {
      sshPort: config.integer("sshPort", { fallback: 22, min: 1, max: 65535 }),
      ...(key ? { sshPrivateKey: key.privateKey } : {}),
    },
    ...(administrator ? { administrator } : {}),
  };
  config.throwProblems();
  return Object.freeze(settings);
}

function readDatabaseName(config: ConfigReader): string {
  return config.text("databaseName", {
    fallback: "app",
    pattern: /^(?!(postgres|azure_maintenance|azure_sys|template[01])$)[a-z_][a-z0-9_]{0,62}$/,
    allowed: "1 to 63 lower-case letters, digits and _, not a database of the service's own",
    example: "orders",
  });
}

function readVmName(config: ConfigReader): string {
  return config.text("vmName", {
    fallback: `${pulumi.getProject()}-${pulumi.getStack()}`,
    pattern: /^[A-Za-z0-9][A-Za-z0-9-]{0,61}[A-Za-z0-9]$/,
    allowed: "2 to 63 letters, digits and hyphens, no hyphen at either end",
    example: "orders-api",
  });
}

function readVm(config: ConfigReader, hasKey: boolean): Settings["vm"] {
  const sshAllowedAddresses = config
    .list("sshAllowedAddresses")
    .filter((address) => checkAddress(config, "sshAllowedAddresses", address));
  if (hasKey && sshAllowedAddresses.length === 0) {
    config.problem(
      "sshAllowedAddresses",
      "[]",
      "with sshKeyFile, at least the address that deploys",
      '["198.51.100.7"]',
    );
  }
  return {
    vmSize: config.text("vmSize", {
      fallback: "Standard_B2ats_v2",
      pattern: /^(Standard|Basic)_\w+$/,
      allowed: "an Azure VM size",
      example: "Standard_B2ats_v2",
    }),
    identityType: config.oneOf("identityType", ["SystemAssigned", "UserAssigned"], "SystemAssigned"),
    sshAllowedAddresses,
  };
}

function readServer(config: ConfigReader): Settings["server"] {
  const skuTier = config.oneOf("serverTier", ["Burstable", "GeneralPurpose", "MemoryOptimized"], "Burstable");
  const skuName = config.text("serverSku", {
    fallback: "Standard_B1ms",
    pattern: /^Standard_\w+$/,
    allowed: "a size of flexible server",
    example: "Standard_B1ms",
  });
  if (skuTier === "Burstable" && !skuName.startsWith("Standard_B")) {
    config.problem(
      "serverSku",
      skuName,
      "with serverTier Burstable, a size that begins with Standard_B",
      "Standard_B1ms",
    );
  }
  return {
    postgresVersion: config.oneOf("postgresVersion", ["15", "16", "17", "18"], "17"),
    skuName,
    skuTier,
    storageSizeGb: config.integer("storageSizeGb", { fallback: 32, min: 32, max: 32767 }),
    backupRetentionDays: config.integer("backupRetentionDays", { fallback: 7, min: 7, max: 35 }),
    port: config.integer("databasePort", { fallback: 5432, min: 1, max: 65535 }),
  };
}

function readAdministrator(config: ConfigReader): Administrator | undefined {
  const keys = ["adminObjectId", "adminName", "adminType"];
  const given = keys.filter((key) => config.has(key));
  if (given.length === 0) {
    return undefined;
  }
  for (const key of keys.filter((each) => !config.has(each))) {
    config.problem(
      key,
      "(missing)",
      `all of ${keys.join(", ")}, or none: then whoever deploys`,
      key === "adminType" ? "Group" : "db-admins",
    );
  }
  return {
    objectId: config.text("adminObjectId", {
      fallback: "",
      pattern: /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i,
      allowed: "an object id (principal id), a GUID",
      example: "11111111-2222-3333-4444-555555555555",
    }),
    name: config.text("adminName", {
      fallback: "",
      pattern: /\S/,
      allowed: "a user's principal name, or a group's or service's display name",
      example: "db-admins",
    }),
    type: config.oneOf("adminType", ["User", "Group", "ServicePrincipal"], "Group"),
  };
}

function readAllowedAddresses(config: ConfigReader): AddressRange[] {
  const addresses = config
    .list("allowedAddresses")
    .filter((address) => checkAddress(config, "allowedAddresses", address));
  const example = addresses.find(isExample);
  if (example && !pulumi.runtime.isDryRun()) {
    config.problem("allowedAddresses", example, "your own address instead of the example's", '["<your address>"]');
  }
  return addresses.map((address) => addressRange(address) as AddressRange);
}

function checkAddress(config: ConfigReader, key: string, address: string): boolean {
  const range = addressRange(address);
  if (!range) {
    config.problem(
      key,
      address,
      "IPv4 addresses or CIDR ranges, never the whole Internet",
      '["198.51.100.7", "203.0.113.0/28"]',
    );
  }
  return range !== undefined;
}

/** The key pair as `ssh-keygen` leaves it: the private key in the file named, the public one beside it in `.pub`. */
function readSshKey(config: ConfigReader): { publicKey: string; privateKey: string } | undefined {
  if (!config.has("sshKeyFile")) {
    return undefined;
  }
  const file = config.text("sshKeyFile", {
    fallback: "",
    pattern: /\S/,
    allowed: "the path of a private key",
    example: "~/.ssh/id_ed25519",
  });
  const path = resolve(file.replace(/^~(?=\/)/, homedir()));
  if (!existsSync(path) || !existsSync(`${path}.pub`)) {
    config.problem("sshKeyFile", file, "a private key with its public key beside it in .pub", "~/.ssh/id_ed25519");
    return undefined;
  }
  return { privateKey: readFileSync(path, "utf8"), publicKey: readFileSync(`${path}.pub`, "utf8").trim() };
}

function readCaCert(config: ConfigReader): { file: string; pem: string } | undefined {
  if (!config.has("databaseCaCert")) {
    return undefined;
  }
  const file = config.text("databaseCaCert", {
    fallback: "",
    pattern: /\S/,
    allowed: "the path of a PEM file",
    example: "./ca.pem",
  });
  const pem = existsSync(file) ? readFileSync(file, "utf8") : "";
  if (!pem.includes("-----BEGIN CERTIFICATE-----")) {
    config.problem("databaseCaCert", file, "the path of a file with a certificate in PEM form", "./ca.pem");
  }
  return { file, pem };
}
