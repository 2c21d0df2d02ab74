import { createHash } from "node:crypto";
import {
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join, resolve } from "node:path";
import { UserError } from "entra-postgres/errors";
import type { Account } from "../accounts.ts";
import { canEnter } from "./binaries.ts";

/** Where a data directory goes that PostgreSQL's account could not reach under the sandbox's own directory. */
const FALLBACK = "/var/tmp";
/** Name of the file that remembers where. */
const DATA_NOTE = "data-directory";

/** Start of the name of a socket directory; the file beside the data remembers the rest. */
const SOCKET_PREFIX = "epg-";
const SOCKET_NOTE = "socket-directory";

/** Longest path of a unix socket, in bytes. */
const SOCKET_PATH_LIMIT = 107;

/**
 * The data directory of a cluster: `<dir>/data`, or one under /var/tmp when `account` cannot enter `dir`, as in root's home.
 * @throws Error when a directory of that name is there and is someone else's
 */
export async function dataDirectory(dir: string, account: Account | undefined): Promise<string> {
  if (await canEnter(account, dir)) return join(resolve(dir), "data");
  const name = createHash("sha256").update(resolve(dir)).digest("hex").slice(0, 16);
  const base = join(FALLBACK, `entra-postgres-${name}`);
  mkdirSync(base, { recursive: true, mode: 0o711 });
  const { uid, mode } = lstatSync(base);
  if (uid !== process.getuid?.() || (mode & 0o022) !== 0) {
    throw new UserError({
      code: "EP-SANDBOX-07",
      step: `using ${base}`,
      expected: "a directory that only its owner can write to",
      found: "others can",
    });
  }
  const data = join(base, "data");
  writeFileSync(join(dir, DATA_NOTE), `${data}\n`);
  return data;
}

/** Deletes a data directory that {@link dataDirectory} chose, with what it made for it. */
export function removeData(dir: string, dataDir: string): void {
  rmSync(dirname(dataDir) === resolve(dir) ? dataDir : dirname(dataDir), { recursive: true, force: true });
}

/** Deletes a sandbox's state, with the data directories that {@link dataDirectory} chose for its clusters somewhere else. */
export function removeState(stateDir: string): void {
  const files = existsSync(stateDir) ? readdirSync(stateDir, { recursive: true, encoding: "utf8" }) : [];
  for (const file of files.filter((each) => basename(each) === DATA_NOTE)) {
    const note = join(stateDir, file);
    const data = readFileSync(note, "utf8").trim();
    if (dirname(dirname(data)) === FALLBACK) removeData(dirname(note), data);
  }
  rmSync(stateDir, { recursive: true, force: true });
}

/** Makes a directory of mode 0700 for the unix socket, under the system's temporary directory since a socket's path must be short. */
export function socketDirectory(dir: string, account: Account | undefined): string {
  removeSockets(dir);
  const made = mkdtempSync(join(tmpdir(), SOCKET_PREFIX));
  if (Buffer.byteLength(join(made, ".s.PGSQL.5432")) > SOCKET_PATH_LIMIT) {
    rmSync(made, { recursive: true });
    throw new UserError({
      code: "EP-SANDBOX-07",
      step: `making a unix socket under ${tmpdir()}`,
      expected: `a path of at most ${SOCKET_PATH_LIMIT} bytes`,
      found: "a longer one",
      remedy: "set TMPDIR=/tmp",
    });
  }
  writeFileSync(join(dir, SOCKET_NOTE), made);
  if (account) chownSync(made, account.uid, account.gid);
  return made;
}

/** Removes the socket directory that the last start made, also one that a killed process left behind. */
export function removeSockets(dir: string): void {
  const note = join(dir, SOCKET_NOTE);
  let made: string;
  try {
    made = readFileSync(note, "utf8");
  } catch {
    return;
  }
  if (basename(made).startsWith(SOCKET_PREFIX)) rmSync(made, { recursive: true, force: true });
  rmSync(note, { force: true });
}
