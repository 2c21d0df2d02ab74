import assert from "node:assert/strict";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { after, describe, test } from "node:test";
import { installCommand, missingTools, preflight } from "../../../sandbox/cli/preflight.ts";

const root = mkdtempSync(join(tmpdir(), "preflight-"));
after(() => rmSync(root, { recursive: true }));

/** A folder for PATH with these programs in it. */
function pathWith(...tools: string[]): string {
  const folder = mkdtempSync(join(root, "bin-"));
  for (const tool of tools) {
    writeFileSync(join(folder, tool), "#!/bin/sh\n");
    chmodSync(join(folder, tool), 0o755);
  }
  return folder;
}

const DEBIAN = 'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nID=debian\n';
const fine = { platform: "linux", arch: "x64", nodeVersion: "24.1.0", osRelease: DEBIAN };

describe("preflight", () => {
  test("passes when everything is there, spread over PATH", () => {
    preflight({ ...fine, path: [pathWith("curl", "jq"), "", pathWith("psql", "bash")].join(delimiter) });
  });

  test("names everything that is missing at once, with the command for this system", () => {
    assert.throws(
      () => preflight({ ...fine, path: pathWith("bash", "curl") }),
      (error: Error) =>
        /: jq, psql\.\n/.test(error.message) && error.message.includes("sudo apt-get install -y jq postgresql-client"),
    );
  });

  test("a file that is not executable and a folder of the same name are no programs", () => {
    const folder = pathWith("bash", "curl", "jq", "psql");
    chmodSync(join(folder, "jq"), 0o644);
    rmSync(join(folder, "psql"));
    mkdirSync(join(folder, "psql"));
    assert.deepEqual(missingTools(folder), ["jq", "psql"]);
  });

  test("another platform and an old Node are told", () => {
    const path = pathWith("bash", "curl", "jq", "psql");
    assert.throws(
      () => preflight({ ...fine, path, platform: "darwin", arch: "arm64" }),
      /Linux x64; this is darwin arm64/,
    );
    assert.throws(
      () => preflight({ ...fine, path, nodeVersion: "22.11.0" }),
      /24 or newer is needed, this is 22\.11\.0/,
    );
  });
});

describe("the install command", () => {
  for (const [system, osRelease, command] of [
    ["Ubuntu", "ID=ubuntu\nID_LIKE=debian\n", "sudo apt-get install -y curl postgresql-client"],
    [
      "Linux Mint, by what it is like",
      'ID=linuxmint\nID_LIKE="ubuntu debian"\n',
      "sudo apt-get install -y curl postgresql-client",
    ],
    ["Rocky", 'ID="rocky"\nID_LIKE="rhel centos fedora"\n', "sudo dnf install -y curl postgresql"],
    [
      "an unknown system",
      "ID=plan9\n",
      "install curl, the PostgreSQL client (psql) with your system's package manager",
    ],
  ] as const) {
    test(`fits ${system}`, () => assert.equal(installCommand(["curl", "psql"], osRelease), command));
  }
});
