import * as pulumi from "@pulumi/pulumi";
import type { Administrator } from "entra-postgres";
import type { Environment } from "entra-postgres/environments";
import { readAddresses } from "./addressConfig.ts";
import { type AddressRange, isExample } from "./addressRange.ts";
import { readAdministrators } from "./administratorConfig.ts";
import type { AppSettings, SchemaSettings } from "./app.ts";
import { readApps } from "./appsConfig.ts";
import { Configuration } from "./configuration.ts";
import { type CertificateAuthority, readCertificateAuthority, readSshKey, type SshKey } from "./files.ts";
import { ADDRESS_EXAMPLE } from "./keys/access.ts";
import { refuseMovedKeys } from "./movedKeys.ts";
import type { ValueOf } from "./schema.ts";
import { readServer, type ServerSettings } from "./serverConfig.ts";
import { readSubnets, type Subnets } from "./subnetConfig.ts";

/** Everything that a stack's configuration decides. docs/configuration.md describes each key. */
export interface Settings {
  location: string;
  /** Arguments of the VMs. */
  vm: { vmSize: string; identityType: ValueOf<"identityType">; sshAllowedAddresses: string[]; sshPublicKey?: string };
  /** What the stack is for; a tag of every resource, and what the policy pack compares with the stack's file. */
  environment: Environment;
  /** An existing resource group for every resource. Undefined: one is created. */
  resourceGroupName: string | undefined;
  server: ServerSettings;
  /** ARM id of a server that another program made. Undefined: one is created. */
  existingServerId: string | undefined;
  /** Whether only the members of a database's schemas can connect to it. */
  privateDatabases: boolean;
  /** Subnets and the private DNS zone that other programs made. */
  subnets: Subnets;
  /** Virtual network of the machines that run Pulumi, to be peered with a private server's network. */
  runnerNetwork: { runnerNetworkId?: string };
  /** Days that the server's logs are kept. Undefined: they are not kept. */
  logRetentionDays: number | undefined;
  /** At least one. */
  apps: AppSettings[];
  schemas: SchemaSettings[];
  /** The databases of the schemas. */
  databases: DatabaseSettings[];
  /** The authority that signed the server's certificate. Undefined: one that machines trust by default. */
  certificateAuthority: CertificateAuthority | undefined;
  /** The server's first administrator. Undefined: the identity that runs Pulumi. */
  administrator: Administrator | undefined;
  moreAdministrators: Administrator[];
  /** Who can connect to the database server, in addition to the VMs. */
  allowedAddresses: AddressRange[];
  /** How the connection test reaches the VM. Without a key it runs by Azure's run command, and nobody can log in to the VM. */
  ssh: { sshPort: number; sshPrivateKey?: string };
}

/** A database, as its schemas describe it. */
export interface DatabaseSettings {
  name: string;
  /** Whether it stays when it is removed: one of its schemas does. */
  retain: boolean;
  extensions: string[];
}

function databasesOf(schemas: readonly SchemaSettings[]): DatabaseSettings[] {
  return [...Map.groupBy(schemas, ({ database }) => database)].map(([name, inside]) => ({
    name,
    retain: inside.some(({ onDelete }) => onDelete === "retain"),
    extensions: [...new Set(inside.flatMap(({ extensions }) => extensions))].sort(),
  }));
}

/**
 * The stack's settings, read once.
 *
 * @throws {pulumi.RunError} with every problem: key, value, what is allowed, a command, and a code.
 */
export function readSettings(): Readonly<Settings> {
  refuseMovedKeys();
  const config = new Configuration();
  const key = readSshKey(config);
  const stack = {
    vmName: config.stated("vmName") ?? `${pulumi.getProject()}-${pulumi.getStack()}`,
    database: config.value("databaseName"),
  };
  const { administrator, moreAdministrators } = readAdministrators(config);
  const administrators = [administrator, ...moreAdministrators].flatMap((one) => one?.name ?? []);
  const { apps, schemas } = readApps(config, { ...stack, administrators });
  const server = readServer(config);
  const settings: Settings = {
    environment: config.environment,
    resourceGroupName: config.stated("resourceGroupName"),
    location: config.value("location"),
    vm: readVm(config, key),
    server,
    existingServerId: config.stated("existingServerId"),
    privateDatabases: readPrivateDatabases(config, schemas),
    subnets: readSubnets(config, server, apps),
    runnerNetwork: readRunnerNetwork(config, server),
    logRetentionDays:
      config.value("diagnostics") && !config.has("existingServerId") ? config.value("logRetentionDays") : undefined,
    apps,
    schemas,
    databases: databasesOf(schemas),
    certificateAuthority: readCertificateAuthority(config),
    allowedAddresses: readAllowedAddresses(config, server),
    ssh: { sshPort: config.value("sshPort"), ...(key ? { sshPrivateKey: key.privateKey } : {}) },
    administrator,
    moreAdministrators,
  };
  config.refuseUnknownKeys();
  config.problems.throwAll();
  return Object.freeze(settings);
}

/** A server with a public endpoint needs no network in common with the machines that run Pulumi. */
function readRunnerNetwork(config: Configuration, server: ServerSettings): Settings["runnerNetwork"] {
  const runnerNetworkId = config.stated("runnerNetworkId");
  if (runnerNetworkId === undefined) return {};
  if (server.publicAccess && config.isSettled("publicAccess")) {
    config.problems.add({
      code: "EP-CONFIG-04",
      key: "runnerNetworkId",
      value: runnerNetworkId,
      allowed: "with publicAccess Disabled only",
      repair: { remove: "runnerNetworkId" },
    });
  }
  return { runnerNetworkId };
}

/** Extensions are created together with the private database. */
function readPrivateDatabases(config: Configuration, schemas: readonly SchemaSettings[]): boolean {
  const isPrivate = config.stated("privateDatabases") ?? !config.has("existingServerId");
  const first = schemas.find(({ extensions }) => extensions.length > 0);
  if (first && !isPrivate) {
    config.problems.add({
      code: "EP-CONFIG-04",
      key: "privateDatabases",
      value: config.has("privateDatabases") ? config.shown("privateDatabases") : undefined,
      allowed: `Enabled, because schema ${first.name} has extensions; without it, create them by hand`,
      repair: "Enabled",
    });
  }
  return isPrivate;
}

function readVm(config: Configuration, key: SshKey | undefined): Settings["vm"] {
  const name = "sshAllowedAddresses";
  const sshAllowedAddresses = readAddresses(config, name).map(({ text }) => text);
  if (key && sshAllowedAddresses.length === 0 && !config.problems.has(name)) {
    config.problems.add({
      code: "EP-CONFIG-02",
      key: name,
      allowed: "with sshKeyFile, at least the address that you deploy from",
      repair: { path: `${name}[0]`, value: ADDRESS_EXAMPLE },
    });
  }
  return {
    vmSize: config.value("vmSize"),
    identityType: config.value("identityType"),
    sshAllowedAddresses,
    ...(key ? { sshPublicKey: key.publicKey } : {}),
  };
}

function readAllowedAddresses(config: Configuration, server: ServerSettings): AddressRange[] {
  const addresses = readAddresses(config, "allowedAddresses");
  if (addresses.length > 0 && !server.publicAccess && config.isSettled("publicAccess")) {
    config.problems.add({
      code: "EP-CONFIG-04",
      key: "allowedAddresses",
      value: JSON.stringify(addresses.map(({ text }) => text)),
      allowed: "none with publicAccess Disabled, the default of test and prod: such a server has no firewall",
      repair: { remove: "allowedAddresses" },
    });
  }
  const example = addresses.find(({ text }) => isExample(text));
  if (example && !pulumi.runtime.isDryRun()) {
    config.problems.add({
      code: "EP-CONFIG-07",
      key: example.path,
      value: example.text,
      allowed: "your own address instead of the example's",
      repair: "<your address>",
    });
  }
  return addresses.map(({ range }) => range);
}
