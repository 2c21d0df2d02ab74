import { existsSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { resolve } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import type { Administrator } from "entra-postgres";
import { ENVIRONMENTS, type Environment } from "entra-postgres/environments";
import { ADDRESS_EXAMPLE, readAddresses } from "./addressConfig.ts";
import { type AddressRange, isExample } from "./addressRange.ts";
import { readAdministrator, readMoreAdministrators } from "./administratorConfig.ts";
import { type AppSettings, DATABASE_NAME, readApps, VM_NAME } from "./appsConfig.ts";
import { ConfigReader, REMOVED } from "./configReader.ts";
import { DEFAULTS, type EnvironmentDefaults } from "./environments.ts";
import { isSettled, readServer, readSwitch, type ServerSettings } from "./serverConfig.ts";

/** Everything that a stack's configuration decides. `Pulumi.yaml` describes each key. */
export interface Settings {
  location: string;
  /** Arguments of the VM. */
  vm: { vmSize: string; identityType: string; sshAllowedAddresses: string[]; sshPublicKey?: string };
  /** What the stack is for; a tag of everything, and what the policy pack goes by. */
  environment: Environment;
  /** An existing resource group to create everything in. Undefined: one is created. */
  resourceGroupName: string | undefined;
  /** Arguments of the server. */
  server: ServerSettings;
  /** Virtual network of the machines that deploy, to be peered with a private server's network. */
  runnerNetwork: { runnerNetworkId?: string };
  /** Days that the server's logs are kept. Undefined: they go nowhere. */
  logRetentionDays: number | undefined;
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
  /** Who administers the server beside that one. */
  moreAdministrators: Administrator[];
  /** The same for clients of the stack, which run on the VM. */
  clientTrust: { rootCertificate?: string; rootCertificatePem?: string };
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
  const environment = readEnvironment(config);
  const defaults = DEFAULTS[environment];
  const administrator = readAdministrator(config);
  const key = readSshKey(config);
  const caCert = readCaCert(config);
  const apps = readApps(config, { vmName: readVmName(config), database: readDatabaseName(config) });
  const server = readServer(config, defaults);
  const settings: Settings = {
    environment,
    resourceGroupName: readResourceGroupName(config),
    location: config.text("location", {
      fallback: "westeurope",
      pattern: /^[a-z0-9]+$/,
      allowed: "an Azure region",
      example: "westeurope",
    }),
    vm: { ...readVm(config, key !== undefined), ...(key ? { sshPublicKey: key.publicKey } : {}) },
    server,
    runnerNetwork: readRunnerNetwork(config, server),
    logRetentionDays: readLogRetention(config, defaults),
    apps,
    databases: [...new Set(apps.map((app) => app.database))],
    trust: caCert ? { caCert: caCert.pem } : {},
    caCertFile: caCert ? { caCertFile: caCert.file } : {},
    clientTrust: caCert ? { rootCertificate: caCert.file, rootCertificatePem: caCert.pem } : {},
    allowedAddresses: readAllowedAddresses(config, server),
    ssh: {
      sshPort: config.integer("sshPort", { fallback: 22, min: 1, max: 65535 }),
      ...(key ? { sshPrivateKey: key.privateKey } : {}),
    },
    ...(administrator ? { administrator } : {}),
    moreAdministrators: readMoreAdministrators(config, administrator),
  };
  config.throwProblems();
  return Object.freeze(settings);
}

function readEnvironment(config: ConfigReader): Environment {
  const word = config.oneOf("environment", ENVIRONMENTS, "dev");
  // A word that is none has been told as a problem; the strictest defaults go on from there.
  return ENVIRONMENTS.find((one) => one === word) ?? "prod";
}

function readResourceGroupName(config: ConfigReader): string | undefined {
  return (
    config.text("resourceGroupName", {
      fallback: "",
      pattern: /^[-\w.()]{0,89}[-\w()]$/,
      allowed: "1 to 90 letters, digits, underscores, hyphens, periods and parentheses, not ending in a period",
      example: "rg-orders",
    }) || undefined
  );
}

/** A server with a public endpoint needs no network in common with the machines that deploy. */
function readRunnerNetwork(config: ConfigReader, server: ServerSettings): Settings["runnerNetwork"] {
  const id = config.text("runnerNetworkId", {
    fallback: "",
    pattern: /^\/subscriptions\/[^/]+\/resourceGroups\/[^/]+\/providers\/Microsoft\.Network\/virtualNetworks\/[^/]+$/i,
    allowed: "the ARM id of a virtual network",
    example: "/subscriptions/<id>/resourceGroups/<group>/providers/Microsoft.Network/virtualNetworks/<name>",
  });
  if (id && server.publicAccess === "Enabled" && isSettled(config, "publicAccess")) {
    config.problem("runnerNetworkId", id, "with publicAccess Disabled only", REMOVED);
  }
  return id ? { runnerNetworkId: id } : {};
}

function readLogRetention(config: ConfigReader, defaults: EnvironmentDefaults): number | undefined {
  const days = config.integer("logRetentionDays", { fallback: defaults.logRetentionDays, min: 30, max: 730 });
  return readSwitch(config, "diagnostics", defaults.diagnostics) === "Enabled" ? days : undefined;
}

function readDatabaseName(config: ConfigReader): string {
  return config.text("databaseName", { ...DATABASE_NAME, fallback: "app" });
}

function readVmName(config: ConfigReader): string {
  return config.text("vmName", { ...VM_NAME, fallback: `${pulumi.getProject()}-${pulumi.getStack()}` });
}

function readVm(config: ConfigReader, hasKey: boolean): Settings["vm"] {
  const sshAllowedAddresses = readAddresses(config, "sshAllowedAddresses").map(({ text }) => text);
  if (hasKey && sshAllowedAddresses.length === 0 && !config.hasProblem("sshAllowedAddresses")) {
    config.problem("sshAllowedAddresses", undefined, "with sshKeyFile, at least the address that deploys", {
      path: "sshAllowedAddresses[0]",
      value: ADDRESS_EXAMPLE,
    });
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

function readAllowedAddresses(config: ConfigReader, server: ServerSettings): AddressRange[] {
  const addresses = readAddresses(config, "allowedAddresses");
  if (addresses.length > 0 && server.publicAccess === "Disabled" && isSettled(config, "publicAccess")) {
    config.problem(
      "allowedAddresses",
      JSON.stringify(addresses.map(({ text }) => text)),
      "none with publicAccess Disabled, the default of test and prod: such a server has no firewall",
      REMOVED,
    );
  }
  const example = addresses.find(({ text }) => isExample(text));
  if (example && !pulumi.runtime.isDryRun()) {
    config.problem(example.path, example.text, "your own address instead of the example's", "<your address>");
  }
  return addresses.map(({ range }) => range);
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
