import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { identify } from "../tools/pulumi/processes.ts";
import { ProcessLock } from "../tools/pulumi/processLock.ts";
import { AzureNativeEmulator } from "./azure/azureNative/emulator.ts";
import { CommandEmulator } from "./azure/command/emulator.ts";
import { PostgresqlEmulator } from "./azure/postgresql/emulator.ts";
import { type Emulator, serveProvider } from "./azure/providerHost.ts";
import { inEmulator, ResourceManager } from "./azure/resourceManager.ts";
import { isUnfinished, removeStackLocks, resetState } from "./cli/unfinished.ts";
import { Control } from "./control.ts";
import { DEPLOYER, SUBSCRIPTION_ID } from "./deployer.ts";
import { Directory, type Principal } from "./entra/directory.ts";
import { Imds } from "./entra/imds.ts";
import { TokenIssuer } from "./entra/tokenIssuer.ts";
import { POSTGRES_RESOURCE } from "./entra/tokenRequest.ts";
import { sandboxEnvironment } from "./environment.ts";
import { type ProvidersMode, type Replaceable, realPlugins } from "./plugins.ts";
import { reservePorts } from "./ports.ts";
import { CertificateAuthority } from "./postgres/certificates.ts";
import { removeRunning, writeRunning } from "./running.ts";
import { generateKeyPair } from "./vm/hostKey.ts";

/** Options of {@link Sandbox.start}. */
export interface SandboxOptions {
  /** Folder for the state; made when it is not there, readable by its owner alone. */
  dir: string;
  /** How the providers postgresql and command are run. @default "auto" */
  providers?: ProvidersMode;
  /** Folder of the Pulumi CLI, put on the commands' PATH. @default the one on PATH */
  pulumiFolder?: string;
  /**
   * What to do with the state of a run that was cut short: `reset` empties it, `unlock` only takes the stacks' stale locks away.
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
 * The local emulator for Azure: directory, tokens, certificate authority, the providers' emulators and, through these, the
 * database servers and virtual machines that programs make. One runs in a state folder at a time; the state survives it.
 */
export class Sandbox {
  declare readonly dir: string;
  declare readonly databasePort: number;
  declare readonly sshPort: number;
  /** The ports differ from those of the last run, which the states of stacks name. */
  declare readonly portsMoved: boolean;
  declare readonly directory: Directory;
  declare readonly issuer: TokenIssuer;
  declare readonly azure: AzureNativeEmulator;
  declare readonly deployer: Principal;
  declare readonly control: Control;
  /** The providers that run as real plugins. */
  declare readonly real: readonly Replaceable[];
  /** What commands need in their environment to talk to this sandbox. Holds secrets. */
  declare readonly environment: Record<string, string>;
  readonly #closers: readonly (() => unknown)[];
  #stopped: Promise<void> | undefined;

  private constructor(parts: Omit<Sandbox, "stop">, closers: readonly (() => unknown)[]) {
    Object.assign(this, parts);
    this.#closers = closers;
  }

  /**
   * Starts the sandbox of a folder, with the servers and virtual machines its state lists.
   * @throws SandboxIsRunning when another process runs it
   */
  static async start(options: SandboxOptions): Promise<Sandbox> {
    const dir = resolve(options.dir);
    const log = options.log ?? (() => {});
    mkdirSync(dir, { recursive: true, mode: 0o700 });
    const lock = ProcessLock.take(join(dir, "lock"));
    if (!(lock instanceof ProcessLock))
      throw new SandboxIsRunning(`The sandbox of ${dir} is run by process ${lock.pid}.`);
    const closers: (() => unknown)[] = [() => lock.release()];
    try {
      await tidy(dir, options.onUnfinished ?? "unlock", log);
      return await Sandbox.#compose(dir, options, log, closers);
    } catch (error) {
      await closeAll(closers);
      throw error;
    }
  }

  static async #compose(
    dir: string,
    options: SandboxOptions,
    log: (line: string) => void,
    closers: (() => unknown)[],
  ): Promise<Sandbox> {
    mkdirSync(join(dir, "pulumi"), { recursive: true });
    const plugins = realPlugins({
      mode: options.providers ?? "auto",
      dir,
      log,
      ...(options.pulumiFolder === undefined ? {} : { pulumiFolder: options.pulumiFolder }),
    });
    plugins.catch(() => {}); // Awaited below; a failure before that must not end the process.
    const ports = await reservePorts(dir, log);
    closers.push(() => ports.release());
    const { databasePort, sshPort } = ports;

    const directory = new Directory(dir);
    const deployer = directory.get(DEPLOYER.objectId) ?? directory.add(DEPLOYER);
    const [issuer, authority] = await Promise.all([TokenIssuer.open(directory, dir), CertificateAuthority.open(dir)]);
    writeFileSync(join(dir, "ca.pem"), authority.certificatePem);
    writeSshKey(join(dir, "ssh"));

    const imds = await Imds.start({ issuer, identities: () => [{ principal: deployer, kind: "user" }] });
    closers.push(() => imds.close());
    const azure = await AzureNativeEmulator.open({
      directory,
      issuer,
      authority,
      stateDir: dir,
      databasePort,
      sshPort,
      subscriptionId: SUBSCRIPTION_ID,
      deployer,
      log,
    });
    closers.push(() => azure.close());
    const manager = await ResourceManager.start({ issuer, ...inEmulator(azure) });
    closers.push(() => manager.close());

    const real = await plugins;
    const standIns: Emulator[] = [azure];
    if (!real.includes("postgresql")) {
      const token = async () => (await issuer.issue(deployer, POSTGRES_RESOURCE)).accessToken;
      standIns.push(new PostgresqlEmulator({ token, authority: authority.certificatePem }));
    }
    if (!real.includes("command")) standIns.push(new CommandEmulator());
    const providers: Record<string, number> = {};
    for (const emulator of standIns) {
      const host = await serveProvider(emulator);
      closers.push(() => host.close());
      providers[emulator.name] = host.port;
    }

    const environment = sandboxEnvironment({
      dir,
      ...(options.pulumiFolder === undefined ? {} : { pulumiFolder: options.pulumiFolder }),
      providers,
      imdsUrl: imds.url,
      appServiceUrl: imds.appServiceUrl,
      appServiceHeader: imds.appServiceHeader,
      resourceManagerUrl: manager.url,
      clientId: deployer.clientId ?? "",
      tenantId: directory.tenantId,
      subscriptionId: SUBSCRIPTION_ID,
    });
    const control = await Control.start(() => ({
      servers: [...azure.servers().keys()],
      virtualMachines: [...azure.virtualMachines()].map(([name, machine]) => ({ name, imdsUrl: machine.imds.url })),
    }));
    closers.push(() => control.close());
    const self = identify(process.pid) ?? { pid: process.pid, started: "", boot: "" };
    writeRunning(dir, {
      process: self,
      environment,
      databasePort,
      sshPort,
      controlUrl: control.url,
      controlSecret: control.secret,
    });
    closers.push(() => removeRunning(dir));
    return new Sandbox(
      {
        dir,
        databasePort,
        sshPort,
        portsMoved: ports.moved,
        directory,
        issuer,
        azure,
        deployer,
        control,
        real,
        environment,
      },
      closers,
    );
  }

  /** Stops servers, virtual machines and listeners. The state stays for the next start. */
  stop(): Promise<void> {
    this.#stopped ??= closeAll([...this.#closers]);
    return this.#stopped;
  }
}

/** Closes in the reverse order of starting, all of them, and then reports the first failure. */
async function closeAll(closers: (() => unknown)[]): Promise<void> {
  const failures: unknown[] = [];
  for (const close of closers.reverse()) {
    try {
      await close();
    } catch (error) {
      failures.push(error);
    }
  }
  if (failures.length > 0) throw failures[0];
}

/** Deals with what an earlier run left that was cut short. */
async function tidy(dir: string, action: "reset" | "unlock", log: (line: string) => void): Promise<void> {
  if (!isUnfinished(dir)) return;
  if (action === "reset") {
    log("An earlier run was stopped during a change: its state is removed, the sandbox starts empty.");
    await resetState(dir, ["lock", "pulumi-home"]);
  } else if (removeStackLocks(dir) > 0) {
    log("Removed the lock of an earlier command that was killed.");
  }
}

/** An SSH key pair in OpenSSH's format, made once: the one the program gives its virtual machines and logs in with. */
function writeSshKey(dir: string): void {
  const file = join(dir, "id_ed25519");
  if (existsSync(file) && existsSync(`${file}.pub`)) return;
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  const pair = generateKeyPair();
  writeFileSync(file, pair.private, { mode: 0o600 });
  writeFileSync(`${file}.pub`, `${pair.public} sandbox\n`);
}
