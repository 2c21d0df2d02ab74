import { randomUUID } from "node:crypto";
import { chownSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { type Account, machineAccount } from "../accounts.ts";
import { Imds } from "../entra/imds.ts";
import type { TokenIssuer } from "../entra/tokenIssuer.ts";
import type { ImdsIdentity } from "../entra/tokenRequest.ts";
import { ProcessGroup } from "../processes/processGroup.ts";
import { Supervisor } from "../processes/supervisor.ts";
import { openHostKey } from "./hostKey.ts";
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
  /** The user that logs in. */
  adminUsername: string;
  /** That user's public keys, each as a line of an authorized_keys file. */
  authorizedKeys: string[];
}

/** How a script is run. */
export interface ScriptOptions {
  /** What the script reads. @default nothing */
  stdin?: string;
  /** Further environment variables. @default none */
  env?: Record<string, string>;
  /** Seconds after which the script's processes are killed; it then has exit code 137. @default no limit */
  timeoutSeconds?: number;
  /** Kills the script's processes; `run` then fails. */
  signal?: AbortSignal;
}

/** What became of a script; ended by a signal it has 128 plus the signal's number as exit code. */
export interface ScriptResult {
  exitCode: number;
  stdout: string;
  stderr: string;
}

/**
 * A virtual machine as far as login goes: a metadata service that gives tokens of its identities, an SSH server, and processes of an
 * unprivileged user. Programs are those of the host.
 */
export class VirtualMachine {
  readonly imds: Imds;
  readonly address: string;
  /** Port of the SSH server. */
  readonly sshPort: number;
  /** The SSH server's public key: `ssh-ed25519 AAAA...` */
  readonly hostKey: string;

  readonly #options: VirtualMachineOptions;
  readonly #machine: Machine;
  readonly #ssh: SshServer;

  private constructor(options: VirtualMachineOptions, machine: Machine, ssh: SshServer, hostKey: string) {
    this.#options = options;
    this.#machine = machine;
    this.#ssh = ssh;
    this.imds = machine.imds;
    this.address = options.address;
    this.sshPort = ssh.port;
    this.hostKey = hostKey;
  }

  /**
   * Starts the metadata service and the SSH server.
   * @throws Error when the SSH port is taken, or a public key cannot be read
   */
  static async start(options: VirtualMachineOptions): Promise<VirtualMachine> {
    const { dir, adminUsername, address } = options;
    mkdirSync(dir, { recursive: true, mode: 0o711 });
    const account = machineAccount();
    const hostKey = openHostKey(dir);
    const home = await makeHome(dir, account);
    const imds = await Imds.start({ issuer: options.issuer, identities: options.identities });
    const supervisor = new Supervisor();
    const machine: Machine = { imds, supervisor, account, home };
    try {
      const ssh = await SshServer.start({
        address,
        port: options.sshPort,
        hostKey: hostKey.privateKey,
        username: adminUsername,
        authorizedKeys: options.authorizedKeys,
        spawn: (command, env, terminal) => spawn(machine, adminUsername, command, env, terminal),
      });
      return new VirtualMachine(options, machine, ssh, hostKey.publicKey);
    } catch (error) {
      await Promise.all([imds.close(), supervisor.close()]);
      TEMPORARY_HOMES.remove(dir);
      throw error;
    }
  }

  /**
   * Runs a script with `bash` as the machine's user, in its home.
   * @throws Error when `signal` cancels it
   */
  async run(script: string, options: ScriptOptions = {}): Promise<ScriptResult> {
    options.signal?.throwIfAborted();
    const { account, home } = this.#machine;
    // A file, not an argument: arguments are limited in length and every user of the host can read them.
    const file = join(home, `.script-${randomUUID()}`);
    writeFileSync(file, script, { mode: 0o600, flag: "wx" });
    chownSync(file, account.uid, account.gid);
    const group = spawn(this.#machine, this.#options.adminUsername, ["bash", file], options.env ?? {});
    const end = () => group.signal("SIGKILL");
    const timer =
      options.timeoutSeconds === undefined ? undefined : setTimeout(end, Math.min(options.timeoutSeconds, 2e6) * 1000);
    options.signal?.addEventListener("abort", end);
    try {
      group.stdin.end(options.stdin ?? "");
      const [{ exitCode }, stdout, stderr] = await Promise.all([
        group.ended,
        buffer(group.stdout),
        buffer(group.stderr),
      ]);
      if (options.signal?.aborted) {
        throw new Error(`The script on virtual machine ${this.#options.name} was cancelled and has been ended.`);
      }
      return { exitCode, stdout: stdout.toString("utf8"), stderr: stderr.toString("utf8") };
    } finally {
      clearTimeout(timer);
      options.signal?.removeEventListener("abort", end);
      rmSync(file, { force: true });
    }
  }

  /** Ends the machine's listeners and every process it started. */
  async stop(): Promise<void> {
    await Promise.all([this.#ssh.close(), this.#machine.supervisor.close("SIGHUP", 1)]);
    await this.imds.close();
    TEMPORARY_HOMES.remove(this.#options.dir);
  }
}

/** What commands of a machine run in. */
interface Machine {
  imds: Imds;
  supervisor: Supervisor;
  account: Account;
  home: string;
}

function spawn(
  { imds, supervisor, account, home }: Machine,
  user: string,
  command: readonly string[],
  env: Record<string, string>,
  terminal = false,
): ProcessGroup {
  return new ProcessGroup(supervisor, command, {
    account,
    terminal,
    cwd: home,
    env: {
      PATH: process.env.PATH,
      LANG: process.env.LANG ?? "C.UTF-8",
      ...env,
      HOME: home,
      USER: user,
      // A proxy of the host's, set by a profile, must not get the requests for tokens.
      NO_PROXY: "127.0.0.1,localhost,::1",
      AZURE_POD_IDENTITY_AUTHORITY_HOST: imds.url,
    },
  });
}
