import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { test } from "node:test";

/** Reads what the test program prints; it runs in a network of its own, with root's rights there and nowhere else. */
test("the article's lines work letter for letter on a machine that owns 169.254.169.254", () => {
  const asRoot = process.getuid?.() === 0 ? [] : ["--user", "--map-root-user"];
  let output: string;
  try {
    output = execFileSync(
      "unshare",
      [...asRoot, "--net", "--mount", process.execPath, new URL("articleMachine.ts", import.meta.url).pathname],
      { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"], timeout: 120_000 },
    );
  } catch (error) {
    const { stderr = "", message } = error as { stderr?: string; message: string };
    throw new Error(
      "The article's lines could not be tried in a network namespace. Needed: Linux with unshare (util-linux), ip (iproute2) and " +
        `leave to make namespaces; install with: apt-get install -y util-linux iproute2\n${stderr || message}`,
    );
  }
  assert.match(output, /pgaadauth_create_principal\s+-+\s+Created role for "myVm"\s+\(1 row\)/);
  assert.match(output, /logged in as myVm to app/);
});
