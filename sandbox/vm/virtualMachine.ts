import { randomUUID } from "node:crypto";
import { chownSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { type Account, machineAccount } from "../accounts.ts";
import { Imds } from "../entra/imds.ts";
import type { TokenIssuer } from "../entra/tokenIssuer.ts";
import type { ImdsIdentity } from "../entra/tokenRequest.ts";
import { ProcessGroup } from "../processes/processGroup.ts";
import { Supervisor } from "../processes/supervisor.ts";
import { type KeyPair, openKeyPair } from "./hostKey.ts";
import { makeHome, TEMPORARY_HOMES } from "./machineHome.ts";
import { SshServer } from "./sshServer.ts";

/** Options of {@link VirtualMachine.start}. */
export interface VirtualMachineOptions {
  name: string;
  /** Folder of the machine's files: its host key and its user's home. */
  dir: string;
  issuer: TokenIssuer;
  /** The machine's identities at the time of a request. */
  identities: () => ImdsIdentity[];
  /** Loopback address of the machine. */
  address: string;
  /** TCP port of the SSH server; 0 is any free one. */
  sshPort: number;
  /** The user of SSH and of scripts. */
  adminUsername: string;
  /** That user's public keys, each as a line of an authorized_keys file. */
  authorizedKeys: string[];
}

/** Options of {@link VirtualMachine.run}. */
export interface ScriptOptions {
  /** The script's standard input. @default nothing */
  stdin?: string;
  /** Further environment variables. @default none */
  env?: Record<string, string>;
  /** Seconds after which the script's processes are killed; it then has exit code 137. @default no limit */
  timeoutSeconds?: number;
  /** Kills the script's processes; `run` then fails. */
  signal?: AbortSignal;
}

/** The result of a script. A script that a signal ended has 128 plus the signal's number as exit code. */
export interface ScriptResult {
  exitCode: number;
  stdout: string;
  stderr: string;
}

/**
 * The parts of a virtual machine that a login needs: a metadata service that gives tokens of its identities, an SSH server, and processes of an
 * unprivileged user. Programs are the host's.
 */
export class VirtualMachine {
  readonly imds: Imds;
  readonly address: string;

  readonly #options: VirtualMachineOptions;
  readonly #supervisor = new Supervisor();
  readonly #keys: KeyPair;
  readonly #account: Account;
  readonly #home: string;
  #ssh: SshServer | undefined;

  private constructor(options: VirtualMachineOptions, account: Account, home: string, keys: KeyPair, imds: Imds) {
    this.#options = options;
    this.#account = account;
    this.#home = home;
    this.#keys = keys;
    this.imds = imds;
    this.address = options.address;
  }

  /** Starts the metadata service and the SSH server. @throws Error when the SSH port is taken, or a public key cannot be read */
  static async start(options: VirtualMachineOptions): Promise<VirtualMachine> {
    const { dir, issuer, identities, address, adminUsername, authorizedKeys } = options;
    mkdirSync(dir, { recursive: true, mode: 0o711 });
    const account = machineAccount();
    const keys = openKeyPair(join(dir, "ssh_host_ed25519_key"));
    const home = await makeHome(dir, account);
    const machine = new VirtualMachine(options, account, home, keys, await Imds.start({ issuer, identities }));
    try {
      machine.#ssh = await SshServer.start({
        address,
        port: options.sshPort,
        hostKey: keys.privateKey,
        username: adminUsername,
        authorizedKeys,
        spawn: (command, env, terminal) => machine.#spawn(command, env, terminal),
      });
      return machine;
    } catch (error) {
      await machine.stop();
      throw error;
    }
  }

  /** Port of the SSH server. */
  get sshPort(): number {
    return this.#ssh?.port ?? 0;
  }

  /** The SSH server's public key: `ssh-ed25519 AAAA...` */
  get hostKey(): string {
    return this.#keys.publicKey;
  }

  /**
   * Runs a script with `bash` as the machine's user, in its home.
   * @throws Error when `signal` cancels it
   */
  async run(script: string, options: ScriptOptions = {}): Promise<ScriptResult> {
    options.signal?.throwIfAborted();
    // A file, not an argument: arguments are limited in length, and every user of the host can read them.
    const file = join(this.#home, `.script-${randomUUID()}`);
    writeFileSync(file, script, { mode: 0o600, flag: "wx" });
    chownSync(file, this.#account.uid, this.#account.gid);
    const group = this.#spawn(["bash", file], options.env ?? {});
    const end = () => group.signal("SIGKILL");
    const timer =
      options.timeoutSeconds === undefined ? undefined : setTimeout(end, Math.min(options.timeoutSeconds, 2e6) * 1000);
    options.signal?.addEventListener("abort", end);
    try {
      group.stdin.end(options.stdin ?? "");
      const [{ exitCode }, stdout, stderr] = await Promise.all([group.ended, text(group.stdout), text(group.stderr)]);
      if (options.signal?.aborted) {
        throw new Error(`The script on virtual machine ${this.#options.name} was cancelled and has been ended.`);
      }
      return { exitCode, stdout, stderr };
    } finally {
      clearTimeout(timer);
      options.signal?.removeEventListener("abort", end);
      rmSync(file, { force: true });
    }
  }

  /** Ends the machine's listeners and all of its processes. */
  async stop(): Promise<void> {
    await Promise.all([this.#ssh?.close(), this.#supervisor.close("SIGHUP", 1)]);
    await this.imds.close();
    TEMPORARY_HOMES.remove(this.#options.dir);
  }

  #spawn(command: readonly string[], env: Record<string, string>, terminal = false): ProcessGroup {
    return new ProcessGroup(this.#supervisor, command, {
      account: this.#account,
      terminal,
      cwd: this.#home,
      env: {
        PATH: process.env.PATH,
        LANG: process.env.LANG ?? "C.UTF-8",
        ...env,
        HOME: this.#home,
        USER: this.#options.adminUsername,
        // Requests for tokens must not go through a proxy of the host.
        NO_PROXY: "127.0.0.1,localhost,::1",
        AZURE_POD_IDENTITY_AUTHORITY_HOST: this.imds.url,
      },
    });
  }
}
