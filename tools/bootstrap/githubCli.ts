import { execFile } from "node:child_process";

/** What `gh` answered. */
export interface Answer {
  /** Standard output; undefined where the command failed. */
  answer?: string;
  /** Why it failed, in one line. */
  said: string;
}

/**
 * Asks GitHub's REST API with the login that `gh` has. It never asks a question back.
 *
 * @param jq filters the answer
 */
export function askGithub(path: string, jq: string, env: NodeJS.ProcessEnv, signal: AbortSignal): Promise<Answer> {
  return new Promise((resolve, reject) =>
    execFile(
      "gh",
      ["api", path, "--jq", jq],
      { env: { ...env, GH_PROMPT_DISABLED: "1" }, signal },
      (error, out, err) => {
        if (error?.name === "AbortError") return reject(error);
        if (!error) return resolve({ answer: out.trim(), said: "" });
        const said = error.code === "ENOENT" ? "there is no `gh` on PATH" : err.trim().split("\n")[0];
        return resolve({ said: said || "`gh` failed" });
      },
    ),
  );
}
