import { existsSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** The runner's temporary folder, which GitHub and Azure DevOps empty when a job ends, or the machine's. */
export function temporaryFolder(env: NodeJS.ProcessEnv): string {
  return env.RUNNER_TEMP || env.AGENT_TEMPDIRECTORY || tmpdir();
}

/** A token in a file and a folder that only their owner can read. */
export class TokenFile {
  readonly path: string;
  readonly #folder: string;

  constructor(env: NodeJS.ProcessEnv = process.env) {
    // mkdtemp uses mode 0700.
    this.#folder = mkdtempSync(join(temporaryFolder(env), "federated-token-"));
    this.path = join(this.#folder, "token");
  }

  /** Whether the folder is still there. */
  get exists(): boolean {
    return existsSync(this.#folder);
  }

  /** Replaces the token in one step: a reader never sees a part of it. */
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
