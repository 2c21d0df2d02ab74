import type { AzureBehaviour } from "../../../behaviour.ts";
import type { Directory, Principal } from "../../../entra/directory.ts";
import type { TokenIssuer } from "../../../entra/tokenIssuer.ts";
import type { CertificateAuthority } from "../../../postgres/certificates.ts";
import { FlexibleServer, type FlexibleServerOptions } from "../../../postgres/flexibleServer.ts";
import { VirtualMachine, type VirtualMachineOptions } from "../../../vm/virtualMachine.ts";
import type { ServerOperations } from "../servers/serverOperations.ts";
import type { AddressPool } from "./addressPool.ts";
import type { ResourceStore } from "./resourceStore.ts";

/** The parts of the sandbox that the azure-native emulator uses. */
export interface SandboxServices {
  /** The tenant; identities of VMs become principals in it. */
  directory: Directory;
  /** Issues the tokens of the VMs' identities. */
  issuer: TokenIssuer;
  /** Issues the servers' certificates. */
  authority: CertificateAuthority;
  /** Folder for the list of resources, the servers' data and the VMs' files. */
  stateDir: string;
  /** TCP port of every PostgreSQL server; each has its own loopback address. */
  databasePort: number;
  /** TCP port of every VM's SSH server; each listens on its public address. */
  sshPort: number;
  /** The sandbox's one subscription. */
  subscriptionId: string;
  /** The principal that deploys: the answer of getClientConfig. */
  deployer: Principal;
  /** How Azure behaves where that is not known. */
  behaviour: AzureBehaviour;
  /** Takes lines for the log. @default no log */
  log?: (line: string) => void;
}

/** The part of a PostgreSQL server that the emulator uses. */
export type ServerHost = Pick<
  FlexibleServer,
  | "hostName"
  | "port"
  | "accessible"
  | "addAdministrator"
  | "removeAdministrator"
  | "createDatabase"
  | "dropDatabase"
  | "setConfiguration"
  | "resetConfiguration"
  | "getConfiguration"
  | "setFirewallRules"
  | "setEntraAuth"
  | "restart"
  | "stop"
  | "destroy"
>;

/** The part of a virtual machine that the emulator uses. */
export type MachineHost = Pick<VirtualMachine, "address" | "run" | "stop">;

/** How servers and VMs are started; tests start lighter ones. */
export interface ArmHosts {
  /** Creates a PostgreSQL server, or starts the one in its folder. */
  openServer(options: FlexibleServerOptions): Promise<ServerHost>;
  /** Starts a virtual machine. */
  startMachine(options: VirtualMachineOptions): Promise<MachineHost>;
}

/** A real PostgreSQL server and a real virtual machine for each. */
export const REAL_HOSTS: ArmHosts = {
  openServer: (options) => FlexibleServer.open(options),
  startMachine: (options) => VirtualMachine.start(options),
};

/** What the behaviours of the resource types share. */
export interface ArmContext {
  readonly services: SandboxServices;
  readonly hosts: ArmHosts;
  readonly store: ResourceStore;
  readonly operations: ServerOperations;
  /** Running servers by ARM id in lower case. */
  readonly servers: Map<string, ServerHost>;
  /** Running virtual machines by ARM id in lower case. */
  readonly machines: Map<string, MachineHost>;
  /** Addresses of the servers. */
  readonly serverAddresses: AddressPool;
  /** Public addresses, which are those of the VMs. */
  readonly publicAddresses: AddressPool;
}
