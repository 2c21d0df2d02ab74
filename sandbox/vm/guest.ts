import { type ChildProcess, type SpawnOptions, spawn } from "node:child_process";
import { createHash, randomUUID } from "node:crypto";
import { once } from "node:events";
import { chmodSync, chownSync, existsSync, lstatSync, mkdirSync, rmdirSync, rmSync } from "node:fs";
import { join, resolve } from "node:path";
import { type Account, canEnter } from "../postgres/binaries.ts";

/**
 * The account of the machines' commands when this process is root. It needs no entry in the passwd file, and no other program of
 * the host runs as it, PostgreSQL included: a machine must not reach the database's socket, which asks for no token. The number
 * is one of those that systemd's list of user ids leaves unused.
 */
const GUEST: Account = { name: "guest", uid: 60_990, gid: 60_990 };

/** Marks every process of one machine, so that it is found wherever it moved to. */
const MARK = "ENTRA_POSTGRES_VM";

/** Where a home goes that the account could not reach under the sandbox's own directory. */
const FALLBACK = "/var/tmp";

/**
 * Ends the machine's processes when this process ends, SIGKILL included: its standard input is a pipe that only this process
 * holds. Looks again until none is left, since a process can start others while it is being ended.
 */
const GUARD = `while read -r _; do :; done
s=TERM
while p=$(grep -lszxF "$1" /proc/[0-9]*/environ | cut -d/ -f3) && [ -n "$p" ]; do
  kill -$s $p 2>/dev/null
  s=KILL
  sleep 0.1
done`;

/** Options of {@link Guest.open}. */
export interface GuestOptions {
  /** The machine's folder; the home lies in it where the account can reach it. */
  dir: string;
  /** What `USER` says. */
  username: string;
}

/** How a command of the machine is run. */
export interface CommandOptions {
  /** Variables beside those of the machine. @default none */
  env?: Record<string, string>;
  /** What the command reads: a pipe, or nothing. @default "ignore" */
  stdin?: "pipe" | "ignore";
}

/** The processes of one machine: an account without rights, a home, and an end for all of them. */
export class Guest {
  /** The working directory of commands, and the only one they can write to besides the temporary one. */
  readonly home: string;
  readonly account: Account | undefined;

  readonly #dir: string;
  readonly #env: Record<string, string>;
  readonly #mark: string;
  readonly #guard: ChildProcess;

  private constructor(options: GuestOptions, home: string, account: Account | undefined) {
    this.home = home;
    this.account = account;
    this.#dir = resolve(options.dir);
    this.#mark = randomUUID();
    this.#env = {
      PATH: process.env.PATH ?? "/usr/local/bin:/usr/bin:/bin",
      HOME: home,
      USER: options.username,
      LANG: process.env.LANG ?? "C.UTF-8",
      [MARK]: this.#mark,
    };
    this.#guard = spawn("/bin/sh", ["-c", GUARD, "sh", `${MARK}=${this.#mark}`], {
      cwd: "/",
      env: { PATH: "/usr/bin:/bin" },
      stdio: ["pipe", "ignore", "ignore"],
      detached: true,
      ...this.#identity(),
    });
    this.#guard.stdin?.on("error", () => {});
  }

  /**
   * Makes the home and the guard.
   * @throws Error when the home's place is someone else's
   */
  static async open(options: GuestOptions): Promise<Guest> {
    const account = process.getuid?.() === 0 ? GUEST : undefined;
    const guest = new Guest(options, await prepareHome(resolve(options.dir), account), account);
    await once(guest.#guard, "spawn");
    return guest;
  }

  /** Adds a variable to the environment of every command. */
  setVariable(name: string, value: string): void {
    this.#env[name] = value;
  }

  /** Starts a program in the home, in a process group of its own, as the unprivileged account. */
  start(program: string, args: readonly string[], options: CommandOptions = {}): ChildProcess {
    return spawn(program, args, {
      cwd: this.home,
      env: { ...options.env, ...this.#env },
      stdio: [options.stdin ?? "ignore", "pipe", "pipe"],
      detached: true,
      ...this.#identity(),
    });
  }

  /** Ends every process of the machine, those that left their group included. The home stays, unless it is empty. */
  async stop(): Promise<void> {
    if (this.#guard.exitCode === null && this.#guard.signalCode === null) {
      const ended = once(this.#guard, "exit");
      this.#guard.stdin?.end();
      await ended;
    }
    if (this.home !== ownHome(this.#dir)) removeIfEmpty(this.home);
  }

  /** Removes the home. */
  removeHome(): void {
    rmSync(this.home, { recursive: true, force: true });
  }

  #identity(): SpawnOptions {
    return this.account ? { uid: this.account.uid, gid: this.account.gid } : {};
  }
}

/** Ends a command and its process group: a hang-up first, and if that does not end it within `graceSeconds`, for good. */
export function endCommand(child: ChildProcess, graceSeconds: number): void {
  if (graceSeconds > 0) {
    signalCommand(child, "SIGHUP");
    setTimeout(() => signalCommand(child, "SIGKILL"), graceSeconds * 1000).unref();
  } else {
    signalCommand(child, "SIGKILL");
  }
}

/** Sends a signal to a command's process group while the command runs. */
export function signalCommand(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  try {
    process.kill(-child.pid, signal);
  } catch {
    // It ended meanwhile.
  }
}

function ownHome(dir: string): string {
  return join(dir, "home");
}

async function prepareHome(dir: string, account: Account | undefined): Promise<string> {
  mkdirSync(dir, { recursive: true });
  const name = createHash("sha256").update(dir).digest("hex").slice(0, 16);
  const home = (await canEnter(account, dir)) ? ownHome(dir) : join(FALLBACK, `entra-postgres-vm-${name}`);
  if (!existsSync(home)) {
    mkdirSync(home, { mode: 0o700 });
    if (account) chownSync(home, account.uid, account.gid);
  }
  const found = lstatSync(home);
  if (!found.isDirectory() || found.uid !== (account?.uid ?? process.getuid?.())) {
    throw new Error(`${home} belongs to someone else: remove it and start again.`);
  }
  chmodSync(home, 0o700);
  return home;
}

function removeIfEmpty(dir: string): void {
  try {
    rmdirSync(dir);
  } catch {
    // It holds the machine's files.
  }
}
