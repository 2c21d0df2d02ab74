import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { AzureNativeEmulator } from "../../../../sandbox/azure/azureNative/emulator.ts";
import type {
  ArmHosts,
  MachineHost,
  SandboxServices,
  ServerHost,
} from "../../../../sandbox/azure/azureNative/engine/armContext.ts";
import type { Props } from "../../../../sandbox/azure/providerHost.ts";
import { type AzureBehaviour, GENTLE } from "../../../../sandbox/behaviour.ts";
import { Directory } from "../../../../sandbox/entra/directory.ts";
import type { TokenIssuer } from "../../../../sandbox/entra/tokenIssuer.ts";
import type { CertificateAuthority } from "../../../../sandbox/postgres/certificates.ts";
import type { FlexibleServerOptions } from "../../../../sandbox/postgres/flexibleServer.ts";
import type { VirtualMachineOptions } from "../../../../sandbox/vm/virtualMachine.ts";

/** The subscription of the tests' Azure. */
export const SUBSCRIPTION = "00000000-0000-4000-8000-000000000001";

/** A fake PostgreSQL server that records its calls. */
export class FakeServer implements ServerHost {
  readonly options: FlexibleServerOptions;
  readonly hostName: string;
  readonly port: number;
  accessible = true;
  readonly calls: string[] = [];
  readonly databases = new Set<string>(["postgres"]);
  readonly parameters = new Map([
    ["log_connections", { value: "off", defaultValue: "off" }],
    ["server_version", { value: "18.4", defaultValue: "18.4" }],
  ]);
  readonly administrators = new Map<string, string>();
  rules: { name: string; startIpAddress: string; endIpAddress: string }[] | undefined;
  entraAuth = true;
  state: "running" | "stopped" | "destroyed" = "running";

  constructor(options: FlexibleServerOptions) {
    this.options = options;
    this.hostName = options.hostName;
    this.port = options.port;
  }
  async addAdministrator(a: { principalName: string; objectId: string }) {
    this.administrators.set(a.objectId, a.principalName);
    this.calls.push(`addAdministrator ${a.principalName}`);
  }
  async removeAdministrator(objectId: string) {
    this.administrators.delete(objectId);
    this.calls.push(`removeAdministrator ${objectId}`);
  }
  async createDatabase(name: string, charset?: string, collation?: string) {
    this.databases.add(name);
    this.calls.push(`createDatabase ${name} ${charset} ${collation}`);
  }
  async dropDatabase(name: string) {
    this.databases.delete(name);
    this.calls.push(`dropDatabase ${name}`);
  }
  async setConfiguration(name: string, value: string) {
    this.parameters.set(name, { value, defaultValue: this.parameters.get(name)?.defaultValue ?? "" });
  }
  async resetConfiguration(name: string) {
    const defaultValue = this.parameters.get(name)?.defaultValue ?? "";
    this.parameters.set(name, { value: defaultValue, defaultValue });
  }
  async getConfiguration(name: string) {
    return this.parameters.get(name);
  }
  setFirewallRules(rules: { name: string; startIpAddress: string; endIpAddress: string }[] | undefined) {
    this.rules = rules;
  }
  async setEntraAuth(enabled: boolean) {
    this.entraAuth = enabled;
  }
  async restart() {
    this.calls.push("restart");
  }
  async stop() {
    this.state = "stopped";
  }
  async destroy() {
    this.state = "destroyed";
  }
}

/** A fake virtual machine that answers scripts with {@link FakeMachine.answer}. */
export class FakeMachine implements MachineHost {
  readonly options: VirtualMachineOptions;
  readonly address: string;
  readonly scripts: { script: string; env: Record<string, string> | undefined; timeoutSeconds: number | undefined }[] =
    [];
  answer = { exitCode: 0, stdout: "done\n", stderr: "" };
  stopped = false;

  constructor(options: VirtualMachineOptions) {
    this.options = options;
    this.address = options.address;
  }
  async run(script: string, options: Parameters<MachineHost["run"]>[1] = {}) {
    this.scripts.push({ script, env: options.env, timeoutSeconds: options.timeoutSeconds });
    return this.answer;
  }
  async stop() {
    this.stopped = true;
  }
}

/** What {@link TestAzure.open} can be given. */
export interface TestAzureOptions extends Partial<ArmHosts> {
  /** @default a folder of the test's own */
  stateDir?: string;
  /** How Azure behaves where that is not known. @default gentle, and operations that take no time */
  behaviour?: Partial<AzureBehaviour>;
  /** Opens the token issuer that real servers need. @default none */
  issuer?: (directory: Directory) => Promise<TokenIssuer>;
  /** The certificate authority that real servers need; their ports are free ones then. @default none */
  authority?: CertificateAuthority;
}

/** An emulator on fakes, with short forms of the engine's requests. */
export class TestAzure {
  readonly emulator: AzureNativeEmulator;
  readonly services: SandboxServices;
  readonly servers: FakeServer[];
  readonly machines: FakeMachine[];

  private constructor(
    emulator: AzureNativeEmulator,
    services: SandboxServices,
    servers: FakeServer[],
    machines: FakeMachine[],
  ) {
    this.emulator = emulator;
    this.services = services;
    this.servers = servers;
    this.machines = machines;
  }

  /** Opens an emulator in a new folder, or in the folder of a closed emulator. */
  static async open(t: TestContext, options: TestAzureOptions = {}): Promise<TestAzure> {
    const { stateDir = temporaryFolder(t), behaviour, issuer, authority, ...hosts } = options;
    const directory = new Directory(stateDir);
    const [deployer = directory.add({ displayName: "deployer", type: "service" })] = directory.findByName("deployer");
    const services: SandboxServices = {
      directory,
      issuer: (await issuer?.(directory)) ?? ({} as TokenIssuer),
      authority: authority ?? ({} as CertificateAuthority),
      stateDir,
      behaviour: { ...GENTLE, operationSeconds: 0, ...behaviour },
      databasePort: authority ? 0 : 5432,
      sshPort: 2222,
      subscriptionId: SUBSCRIPTION,
      deployer,
    };
    const servers: FakeServer[] = [];
    const machines: FakeMachine[] = [];
    const emulator = await AzureNativeEmulator.open(services, {
      async openServer(server) {
        if (server.version !== "18") throw new Error(`no PostgreSQL ${server.version}`);
        return added(servers, new FakeServer(server));
      },
      startMachine: async (machine) => added(machines, new FakeMachine(machine)),
      ...hosts,
    });
    t.after(() => emulator.close());
    return new TestAzure(emulator, services, servers, machines);
  }

  /** Opens one with the resource group `rg`. */
  static async withGroup(t: TestContext, options: TestAzureOptions = {}): Promise<TestAzure> {
    const azure = await TestAzure.open(t, options);
    await azure.group();
    return azure;
  }

  /** check, as the engine does before anything else. */
  check(type: string, name: string, news: Props, olds: Props = {}) {
    return this.emulator.check({ ...resource(type, name), news, olds, randomSeed: new Uint8Array([1, 2, 3]) });
  }

  /** check and create. @throws Error naming the failures of the check */
  async create(type: string, name: string, news: Props) {
    const { inputs, failures } = await this.check(type, name, news);
    if (failures.length > 0)
      throw new Error(failures.map(({ property, reason }) => `${property}: ${reason}`).join("; "));
    const created = await this.emulator.create({
      ...resource(type, name),
      inputs,
      preview: false,
      timeoutSeconds: 0,
      peer: "test",
      signal: new AbortController().signal,
    });
    return { type, name, inputs, ...created };
  }

  /** The outputs that a preview of a new resource shows. */
  async preview(type: string, name: string, news: Props) {
    const { inputs } = await this.check(type, name, news);
    const request = { ...resource(type, name), inputs, preview: true, timeoutSeconds: 0, peer: "test" };
    return this.emulator.create({ ...request, signal: new AbortController().signal });
  }

  /** What the engine does with new inputs: check, diff, and update when nothing replaces. */
  async change(old: Created, changes: Props) {
    const { inputs, failures } = await this.check(old.type, old.name, { ...old.inputs, ...changes }, old.inputs);
    if (failures.length > 0) throw new Error(failures.map(({ reason }) => reason).join("; "));
    const request = { ...resource(old.type, old.name), id: old.id };
    const difference = await this.emulator.diff({
      ...request,
      oldInputs: old.inputs,
      oldOutputs: old.outputs,
      news: inputs,
    });
    if (difference.replaces.length > 0 || !difference.changes) return { ...difference, outputs: old.outputs, inputs };
    const updated = await this.emulator.update({
      ...request,
      oldOutputs: old.outputs,
      inputs,
      preview: false,
      peer: "test",
    });
    return { ...difference, ...updated, inputs };
  }

  read(old: Created) {
    const { id, inputs, outputs } = old;
    return this.emulator.read({ ...resource(old.type, old.name), id, inputs, outputs, peer: "test" });
  }

  delete(old: Created) {
    return this.emulator.delete({ ...resource(old.type, old.name), id: old.id, outputs: old.outputs, peer: "test" });
  }

  /** A resource group named `rg` in West Europe. */
  group(name = "rg") {
    return this.create("azure-native:resources:ResourceGroup", name, {
      resourceGroupName: name,
      location: "West Europe",
    });
  }

  /** Network, subnet, public address and interface for one machine. */
  async network() {
    const base = { resourceGroupName: "rg" };
    const network = await this.create("azure-native:network:VirtualNetwork", "net", {
      ...base,
      virtualNetworkName: "net",
      addressSpace: { addressPrefixes: ["10.42.0.0/24"] },
    });
    const subnet = await this.create("azure-native:network:Subnet", "subnet", {
      ...base,
      virtualNetworkName: "net",
      addressPrefix: "10.42.0.0/25",
    });
    return { network, subnet, ...(await this.interface("nic", subnet)) };
  }

  async interface(name: string, subnet: Created) {
    const base = { resourceGroupName: "rg" };
    const address = await this.create("azure-native:network:PublicIPAddress", `${name}-ip`, {
      ...base,
      publicIpAddressName: `${name}-ip`,
      sku: { name: "Standard" },
      publicIPAllocationMethod: "Static",
    });
    const nic = await this.create("azure-native:network:NetworkInterface", name, {
      ...base,
      networkInterfaceName: name,
      ipConfigurations: [{ name: "primary", subnet: { id: subnet.id }, publicIPAddress: { id: address.id } }],
    });
    return { address, nic };
  }
}

/** A resource as the tests keep it. */
export type Created = { type: string; name: string; id: string; inputs: Props; outputs: Props };

/** Inputs of a virtual machine on a network interface. */
export function machineInputs(nic: Created, changes: Props = {}): Props {
  return {
    resourceGroupName: "rg",
    vmName: "vm",
    identity: { type: "SystemAssigned" },
    hardwareProfile: { vmSize: "Standard_B2ats_v2" },
    osProfile: {
      computerName: "vm",
      adminUsername: "azureuser",
      customData: Buffer.from("#cloud-config\n").toString("base64"),
      linuxConfiguration: {
        disablePasswordAuthentication: true,
        ssh: { publicKeys: [{ path: "/home/azureuser/.ssh/authorized_keys", keyData: "ssh-ed25519 AAAAC3Nz me" }] },
      },
    },
    storageProfile: {
      imageReference: { publisher: "Canonical", offer: "ubuntu-24_04-lts", sku: "server", version: "latest" },
      osDisk: { createOption: "FromImage", managedDisk: { storageAccountType: "StandardSSD_LRS" } },
    },
    networkProfile: { networkInterfaces: [{ id: nic.id, primary: true }] },
    ...changes,
  };
}

/** Inputs of a server that takes Entra tokens alone. */
export function serverInputs(changes: Props = {}): Props {
  return {
    resourceGroupName: "rg",
    serverName: "main-db",
    version: "18",
    availabilityZone: "",
    sku: { name: "Standard_B1ms", tier: "Burstable" },
    authConfig: { activeDirectoryAuth: "Enabled", passwordAuth: "Disabled" },
    ...changes,
  };
}

function resource(type: string, name: string) {
  return { urn: `urn:pulumi:test::project::${type}::${name}`, type, name };
}

function added<T>(list: T[], item: T): T {
  list.push(item);
  return item;
}

function temporaryFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), "azure-native-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
