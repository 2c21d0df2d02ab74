import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join, resolve } from "node:path";
import { UserError } from "entra-postgres/errors";
import { type Account, canEnter, requireOwnDirectory } from "../accounts.ts";
import { TemporaryFolder } from "../temporaryFolder.ts";

/** Where the data directory is if PostgreSQL's account cannot reach the sandbox's own directory. */
const FALLBACK = "/var/tmp";
/** Name of the file with the path of such a data directory. */
const DATA_NOTE = "data-directory";

const SOCKET_PREFIX = "epg-";
/** The directories of unix sockets. They are temporary, because a socket's path must be short. */
export const SOCKET_DIRECTORIES = new TemporaryFolder(SOCKET_PREFIX, "socket-directory");

/** Longest path of a unix socket, in bytes. */
const SOCKET_PATH_LIMIT = 107;

/**
 * The data directory of a cluster: `<dir>/data`, or one under /var/tmp when `account` cannot enter `dir`, as in root's home.
 * @throws UserError when another user has made a directory of that name
 */
export async function dataDirectory(dir: string, account: Account): Promise<string> {
  if (await canEnter(account, dir)) return join(resolve(dir), "data");
  const name = createHash("sha256").update(resolve(dir)).digest("hex").slice(0, 16);
  const base = join(FALLBACK, `entra-postgres-${name}`);
  mkdirSync(base, { recursive: true, mode: 0o711 });
  requireOwnDirectory(base);
  const data = join(base, "data");
  writeFileSync(join(dir, DATA_NOTE), `${data}\n`);
  return data;
}

/** Deletes a data directory of {@link dataDirectory}, with its folder under /var/tmp. */
export function removeData(dir: string, dataDir: string): void {
  rmSync(dirname(dataDir) === resolve(dir) ? dataDir : dirname(dataDir), { recursive: true, force: true });
}

/** Deletes a sandbox's state, with the data directories of its clusters under /var/tmp. */
export function removeState(stateDir: string): void {
  const files = existsSync(stateDir) ? readdirSync(stateDir, { recursive: true, encoding: "utf8" }) : [];
  for (const file of files.filter((each) => basename(each) === DATA_NOTE)) {
    const note = join(stateDir, file);
    const data = readFileSync(note, "utf8").trim();
    if (dirname(dirname(data)) === FALLBACK) removeData(dirname(note), data);
  }
  rmSync(stateDir, { recursive: true, force: true });
}

/** Makes the directory of a cluster's unix socket. @throws UserError when the socket's path would be too long */
export function socketDirectory(dir: string, account: Account): string {
  if (Buffer.byteLength(join(tmpdir(), `${SOCKET_PREFIX}XXXXXX`, ".s.PGSQL.5432")) <= SOCKET_PATH_LIMIT)
    return SOCKET_DIRECTORIES.make(dir, account);
  throw new UserError({
    code: "EP-SANDBOX-07",
    step: `making a unix socket under ${tmpdir()}`,
    expected: `a path of at most ${SOCKET_PATH_LIMIT} bytes`,
    found: "a longer one",
    remedy: "set TMPDIR=/tmp",
  });
}
