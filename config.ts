import { existsSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { resolve } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import type { Administrator } from "entra-postgres";
import { type AddressRange, addressRange, isExample } from "./addressRange.ts";
import { ConfigReader } from "./configReader.ts";

/** Everything that a stack's configuration decides. `Pulumi.yaml` describes each key. */
export interface Settings {
  location: string;
  vmName: string;
  vmSize: string;
  identityType: string;
  postgresVersion: string;
  serverSku: string;
  serverTier: string;
  storageSizeGb: number;
  backupRetentionDays: number;
  databaseName: string;
  databasePort: number;
  /** PEM of the authority that signed the server's certificate, where it is not a public one. */
  databaseCaCert?: string;
  /** Undefined: whoever deploys. */
  administrator?: Administrator;
  /** Who may reach the database server, beside the VM. */
  allowedAddresses: AddressRange[];
  /** Undefined: the proof runs by Azure's run command, and nobody can log in to the VM. */
  ssh?: { publicKey: string; privateKey: string };
  sshPort: number;
  sshAllowedAddresses: string[];
}

/**
 * The stack's settings, read once.
 *
 * @throws {pulumi.RunError} listing every problem at once: key, value, what is allowed, an example.
 */
export function readSettings(): Readonly<Settings> {
  const config = new ConfigReader(pulumi.getProject());
  const administrator = readAdministrator(config);
  const ssh = readSsh(config);
  const databaseCaCert = readCaCert(config);
  const settings: Settings = {
    location: config.text("location", {
      fallback: "westeurope",
      pattern: /^[a-z0-9]+$/,
      allowed: "an Azure region",
      example: "westeurope",
    }),
    vmName: config.text("vmName", {
      fallback: `${pulumi.getProject()}-${pulumi.getStack()}`,
      pattern: /^[A-Za-z0-9][A-Za-z0-9-]{0,61}[A-Za-z0-9]$/,
      allowed: "2 to 63 letters, digits and hyphens, no hyphen at either end",
      example: "orders-api",
    }),
    vmSize: config.text("vmSize", {
      fallback: "Standard_B2ats_v2",
      pattern: /^(Standard|Basic)_\w+$/,
      allowed: "an Azure VM size",
      example: "Standard_B2ats_v2",
    }),
    identityType: config.oneOf("identityType", ["SystemAssigned", "UserAssigned"], "SystemAssigned"),
    postgresVersion: config.oneOf("postgresVersion", ["14", "15", "16", "17", "18"], "17"),
    serverSku: config.text("serverSku", {
      fallback: "Standard_B1ms",
      pattern: /^Standard_\w+$/,
      allowed: "a size of flexible server",
      example: "Standard_B1ms",
    }),
    serverTier: config.oneOf("serverTier", ["Burstable", "GeneralPurpose", "MemoryOptimized"], "Burstable"),
    storageSizeGb: config.integer("storageSizeGb", { fallback: 32, min: 32, max: 32767 }),
    backupRetentionDays: config.integer("backupRetentionDays", { fallback: 7, min: 7, max: 35 }),
    databaseName: config.text("databaseName", {
      fallback: "app",
      pattern: /^(?!(postgres|azure_maintenance|azure_sys|template[01])$)[a-z_][a-z0-9_]{0,62}$/,
      allowed: "1 to 63 lower-case letters, digits and _, not a database of the service's own",
      example: "orders",
    }),
    databasePort: config.integer("databasePort", { fallback: 5432, min: 1, max: 65535 }),
    sshPort: config.integer("sshPort", { fallback: 22, min: 1, max: 65535 }),
    allowedAddresses: readAllowedAddresses(config),
    sshAllowedAddresses: config
      .list("sshAllowedAddresses")
      .filter((address) => checkAddress(config, "sshAllowedAddresses", address)),
    ...(administrator ? { administrator } : {}),
    ...(ssh ? { ssh } : {}),
    ...(databaseCaCert ? { databaseCaCert } : {}),
  };
  if (ssh && settings.sshAllowedAddresses.length === 0) {
    config.problem(
      "sshAllowedAddresses",
      "[]",
      "with sshKeyFile, at least the address that deploys",
      '["198.51.100.7"]',
    );
  }
  if (settings.serverTier === "Burstable" && !settings.serverSku.startsWith("Standard_B")) {
    config.problem(
      "serverSku",
      settings.serverSku,
      "with serverTier Burstable, a size that begins with Standard_B",
      "Standard_B1ms",
    );
  }
  config.throwProblems();
  return Object.freeze(settings);
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
function readSsh(config: ConfigReader): Settings["ssh"] {
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

function readCaCert(config: ConfigReader): string | undefined {
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
  return pem;
}
