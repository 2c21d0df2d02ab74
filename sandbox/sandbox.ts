import { mkdirSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { identify } from "../tools/pulumi/processes.ts";
import { ProcessLock } from "../tools/pulumi/processLock.ts";
import { AzureNativeEmulator } from "./azure/azureNative/emulator.ts";
import { CommandEmulator } from "./azure/command/emulator.ts";
import { PostgresqlEmulator } from "./azure/postgresql/emulator.ts";
import { serveProvider } from "./azure/providerHost.ts";
import { inEmulator, ResourceManager } from "./azure/resourceManager.ts";
import { type AzureBehaviour, GENTLE } from "./behaviour.ts";
import { isUnfinished, removeStackLocks, resetState } from "./cli/unfinished.ts";
import { Control } from "./control.ts";
import { DEPLOYER, SUBSCRIPTION_ID } from "./deployer.ts";
import { Directory, type Principal } from "./entra/directory.ts";
import { Graph } from "./entra/graph.ts";
import { Imds } from "./entra/imds.ts";
import { TokenIssuer } from "./entra/tokenIssuer.ts";
import { POSTGRES_RESOURCE } from "./entra/tokenRequest.ts";
import { sandboxEnvironment } from "./environment.ts";
import { type ProvidersMode, type Replaceable, realPlugins } from "./plugins.ts";
import { reservePorts } from "./ports.ts";
import { CertificateAuthority } from "./postgres/certificates.ts";
import { removeRunning, writeRunning } from "./running.ts";
import { openKeyPair } from "./vm/hostKey.ts";

/** Options of {@link Sandbox.start}. */
export interface SandboxOptions {
  /** Folder for the state; made when it is missing, readable by its owner alone. */
  dir: string;
  /** How the providers postgresql and command run. @default "auto" */
  providers?: ProvidersMode;
  /** How Azure behaves where that is not known. @default gentle */
  behaviour?: AzureBehaviour;
  /** Folder of the Pulumi CLI, put on the commands' PATH. @default the one on PATH */
  pulumiFolder?: string;
  /**
   * What to do with the state of an interrupted run: `reset` empties it, `unlock` only removes the locks of stacks.
   * @default "unlock"
   */
  onUnfinished?: "reset" | "unlock";
  /** Takes remarks, one line each. @default none */
  log?: (line: string) => void;
}

/** Another process runs the sandbox of this folder. */
export class SandboxIsRunning extends Error {
  override name = "SandboxIsRunning";
}

/**
 * The local emulator for Azure: directory, tokens, certificate authority, the providers' emulators and the database servers and virtual machines of
 * programs. One runs in a state folder at a time. The state survives it.
 */
export class Sandbox {
  declare readonly dir: string;
  declare readonly databasePort: number;
  declare readonly sshPort: number;
  /** The ports differ from those of the last run, which are in the states of the stacks. */
  declare readonly portsMoved: boolean;
  declare readonly directory: Directory;
  declare readonly issuer: TokenIssuer;
  declare readonly azure: AzureNativeEmulator;
  declare readonly deployer: Principal;
  declare readonly control: Control;
  /** The providers that run as plugins. */
  declare readonly real: readonly Replaceable[];
  /** The environment of commands that use this sandbox. It has secrets. */
  declare readonly environment: Record<string, string>;
  readonly #closers: AsyncDisposableStack;
  #stopped: Promise<void> | undefined;

  private constructor(parts: Omit<Sandbox, "stop">, closers: AsyncDisposableStack) {
    Object.assign(this, parts);
    this.#closers = closers;
  }

  /**
   * Starts the sandbox of a folder, with the servers and virtual machines in its state.
   * @throws SandboxIsRunning when another process runs it
   */
  static async start({ dir: folder, log = () => {}, ...options }: SandboxOptions): Promise<Sandbox> {
    const dir = resolve(folder);
    mkdirSync(dir, { recursive: true, mode: 0o700 });
    const lock = ProcessLock.take(join(dir, "lock"));
    if (!(lock instanceof ProcessLock))
      throw new SandboxIsRunning(`The sandbox of ${dir} is run by process ${lock.pid}.`);
    await using closers = new AsyncDisposableStack();
    closers.defer(() => lock.release());
    await handleUnfinished(dir, options.onUnfinished, log);
    mkdirSync(join(dir, "pulumi"), { recursive: true });
    const { providers: mode = "auto", behaviour = GENTLE, pulumiFolder } = options;
    const plugins = realPlugins({ mode, dir, log, pulumiFolder });
    plugins.catch(() => {}); // Awaited below; a failure before that must not end the process.
    const { databasePort, sshPort, moved: portsMoved, release } = await reservePorts(dir, log);
    closers.defer(release);

    const directory = new Directory(dir);
    const deployer = directory.get(DEPLOYER.objectId) ?? directory.add(DEPLOYER);
    // The deployer is no new principal.
    directory.replicationDelay = behaviour.directoryDelay;
    const [issuer, authority] = await Promise.all([TokenIssuer.open(directory, dir), CertificateAuthority.open(dir)]);
    writeFileSync(join(dir, "ca.pem"), authority.certificatePem);
    writeSshKey(join(dir, "ssh"));

    const imds = await Imds.start({ issuer, identities: () => [{ principal: deployer, kind: "user" }] });
    closers.defer(() => imds.close());
    const ports = { databasePort, sshPort };
    const context = { directory, issuer, authority, deployer, ...ports, subscriptionId: SUBSCRIPTION_ID, log };
    const azure = await AzureNativeEmulator.open({ ...context, behaviour, stateDir: dir });
    closers.defer(() => azure.close());
    const manager = await ResourceManager.start({ issuer, behaviour, ...inEmulator(azure) });
    closers.defer(() => manager.close());
    const graph = await Graph.start(directory, issuer);
    closers.defer(() => graph.close());

    const real = await plugins;
    const token = async () => (await issuer.issue(deployer, POSTGRES_RESOURCE)).accessToken;
    const emulators = [
      azure,
      ...(real.includes("postgresql") ? [] : [new PostgresqlEmulator({ token, authority: authority.certificatePem })]),
      ...(real.includes("command") ? [] : [new CommandEmulator()]),
    ];
    const providers: Record<string, number> = {};
    for (const emulator of emulators) {
      const host = await serveProvider(emulator);
      closers.defer(() => host.close());
      providers[emulator.name] = host.port;
    }

    const environment = sandboxEnvironment({
      dir,
      pulumiFolder,
      providers,
      imdsUrl: imds.url,
      appServiceUrl: imds.appServiceUrl,
      appServiceHeader: imds.appServiceHeader,
      resourceManagerUrl: manager.url,
      graphUrl: graph.url,
      clientId: deployer.clientId ?? "",
      tenantId: directory.tenantId,
      subscriptionId: SUBSCRIPTION_ID,
    });
    const control = await Control.start(() => ({
      servers: [...azure.servers().keys()],
      virtualMachines: [...azure.virtualMachines()].map(([name, machine]) => ({ name, imdsUrl: machine.imds.url })),
    }));
    closers.defer(() => control.close());
    const self = identify(process.pid) ?? { pid: process.pid, started: "", boot: "" };
    const controlAccess = { controlUrl: control.url, controlSecret: control.secret };
    writeRunning(dir, { process: self, environment, ...ports, ...controlAccess });
    closers.defer(() => removeRunning(dir));
    const parts = { dir, ...ports, portsMoved, directory, issuer, azure, deployer, control, real, environment };
    return new Sandbox(parts, closers.move());
  }

  /** Stops servers, virtual machines and listeners. The state stays for the next start. */
  stop(): Promise<void> {
    this.#stopped ??= this.#closers.disposeAsync();
    return this.#stopped;
  }
}

async function handleUnfinished(
  dir: string,
  action: SandboxOptions["onUnfinished"],
  log: (line: string) => void,
): Promise<void> {
  if (!isUnfinished(dir)) return;
  if (action === "reset") {
    log("An earlier run was stopped during a change: its state is removed, the sandbox starts empty.");
    await resetState(dir, ["lock", "pulumi-home"]);
  } else if (removeStackLocks(dir) > 0) {
    log("Removed the lock of an earlier command that was killed.");
  }
}

/** Makes the SSH key pair that the program gives its virtual machines and logs in with. */
function writeSshKey(dir: string): void {
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  const file = join(dir, "id_ed25519");
  writeFileSync(`${file}.pub`, `${openKeyPair(file).publicKey} sandbox\n`);
}
