import { existsSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** The runner's folder for such things, which GitHub and Azure DevOps empty when a job is over; else the machine's. */
export function temporaryFolder(env: NodeJS.ProcessEnv): string {
  return env.RUNNER_TEMP || env.AGENT_TEMPDIRECTORY || tmpdir();
}

/** A file that only its owner can read, in a folder that only its owner can enter, replaced as a whole. */
export class TokenFile {
  readonly path: string;
  readonly #folder: string;

  /** Makes the folder. */
  constructor(env: NodeJS.ProcessEnv = process.env) {
    // Made with mode 0700.
    this.#folder = mkdtempSync(join(temporaryFolder(env), "federated-token-"));
    this.path = join(this.#folder, "token");
  }

  /** Whether the folder is still there. */
  get exists(): boolean {
    return existsSync(this.#folder);
  }

  /** A reader sees the token before or this one, never a part of it. */
  write(token: string): void {
    const next = `${this.path}.new`;
    writeFileSync(next, token, { mode: 0o600 });
    renameSync(next, this.path);
  }

  /** Removes the file with its folder. */
  remove(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
