import assert from "node:assert/strict";
import { execFile, spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { after, before, describe, test } from "node:test";
import { CHANGES_FOUND } from "../../delivery/jobs.ts";
import { knownProblems } from "../../delivery/problem.ts";
import { pulumiFolder } from "../../tools/pulumi/pulumiCli.ts";
import { PROJECT } from "./workflows.ts";

describe("the error table knows what the CLI prints", () => {
  const folder = mkdtempSync(join(tmpdir(), "cli-problems-"));
  const state = join(folder, "state");
  const program = join(folder, "program");
  let path: string;
  after(() => rmSync(folder, { recursive: true }));

  before(async () => {
    path = [await pulumiFolder({ log: () => {} }), join(PROJECT, "node_modules/.bin"), process.env.PATH].join(
      delimiter,
    );
    mkdirSync(state);
    cpSync(join(import.meta.dirname, "program"), program, { recursive: true });
    writeFileSync(join(program, "package.json"), '{ "type": "module" }');
    symlinkSync(join(PROJECT, "node_modules"), join(program, "node_modules"));
    assert.equal(pulumi(["stack", "init", "dev"]).code, 0);
  });

  /** What the CLI runs in. An empty value takes a variable away. */
  function environment(env: Record<string, string>): NodeJS.ProcessEnv {
    const all: NodeJS.ProcessEnv = {
      PATH: path,
      HOME: folder,
      PULUMI_HOME: join(folder, "home"),
      PULUMI_BACKEND_URL: `file://${state}`,
      PULUMI_CONFIG_PASSPHRASE: "one of this test",
      PULUMI_SKIP_UPDATE_CHECK: "true",
      ...env,
    };
    for (const [name, value] of Object.entries(env)) if (value === "") delete all[name];
    return all;
  }

  /** Runs the CLI on the program. */
  function pulumi(args: string[], env: Record<string, string> = {}) {
    const { status, stdout, stderr } = spawnSync("pulumi", [...args, "--non-interactive"], {
      cwd: program,
      env: environment(env),
      encoding: "utf8",
    });
    return { code: status, output: `${stdout}${stderr}` };
  }

  function codesOf({ code, output }: { code: number | null; output: string }): string {
    assert.notEqual(code, 0, output);
    return knownProblems(output)
      .map(({ code }) => code)
      .join(" ");
  }

  test("no backend for the state", () => {
    assert.equal(codesOf(pulumi(["preview"], { PULUMI_BACKEND_URL: "" })), "EP-DELIVERY-09");
  });

  test("no such stack", () => {
    assert.equal(codesOf(pulumi(["preview", "--stack", "nope"])), "EP-DELIVERY-07");
  });

  for (const [status, code, message, problem] of [
    [404, "ContainerNotFound", "The specified container does not exist.", "EP-DELIVERY-16"],
    [401, "NoAuthenticationInformation", "Server failed to authenticate the request.", "EP-DELIVERY-17"],
    [403, "AuthorizationFailure", "This request is not authorized to perform this operation.", "EP-DELIVERY-15"],
    [
      403,
      "AuthorizationPermissionMismatch",
      "This request is not authorized to perform this operation using this permission.",
      "EP-DELIVERY-14",
    ],
  ] as const) {
    test(`a storage account that answers ${code}`, async (context) => {
      // As Azure does: https://learn.microsoft.com/rest/api/storageservices/status-and-error-codes2
      const server = createServer((_request, response) => {
        response.writeHead(status, message, { "x-ms-error-code": code, "content-type": "application/xml" });
        response.end(
          `<?xml version="1.0" encoding="utf-8"?><Error><Code>${code}</Code><Message>${message}</Message></Error>`,
        );
      });
      await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
      context.after(() => server.close());
      const domain = `127.0.0.1:${(server.address() as AddressInfo).port}`;
      const env = environment({
        AZURE_STORAGE_ACCOUNT: "stdev",
        AZURE_STORAGE_SAS_TOKEN: "sv=2024-01-01&sig=of-this-test",
        PULUMI_BACKEND_URL: `azblob://state?domain=${domain}&protocol=http&localemu=true`,
      });
      const result = await new Promise<{ code: number | null; output: string }>((done) => {
        const args = ["preview", "--stack", "dev", "--non-interactive"];
        const child = execFile("pulumi", args, { cwd: program, env }, (_error, stdout, stderr) =>
          done({ code: child.exitCode, output: `${stdout}${stderr}` }),
        );
      });
      assert.equal(codesOf(result), problem);
    });
  }

  test("a passphrase, missing and wrong", () => {
    for (const PULUMI_CONFIG_PASSPHRASE of ["", "another"]) {
      assert.equal(codesOf(pulumi(["preview", "--stack", "dev"], { PULUMI_CONFIG_PASSPHRASE })), "EP-DELIVERY-08");
    }
  });

  test("a policy pack that is not there", () => {
    const result = pulumi(["preview", "--stack", "dev", "--policy-pack", "nothing"]);
    assert.equal(codesOf(result), "EP-POLICY-02");
  });

  test("unexpected changes have an exit code of their own", () => {
    const result = pulumi(["preview", "--stack", "dev", "--expect-no-changes"]);
    assert.equal(result.code, CHANGES_FOUND);
    assert.equal(codesOf(result), "EP-DELIVERY-13");
  });

  test("a locked stack; a preview needs no lock", () => {
    const locks = join(state, ".pulumi/locks/organization/explained/dev");
    mkdirSync(locks, { recursive: true });
    const lock = { pid: 2113, username: "runner", hostname: "fv-az1", timestamp: "2026-01-01T00:00:00Z" };
    writeFileSync(join(locks, "other.json"), JSON.stringify(lock));
    try {
      assert.equal(codesOf(pulumi(["up", "--yes", "--stack", "dev"])), "EP-DELIVERY-05");
      assert.equal(pulumi(["preview", "--stack", "dev"]).code, 0);
    } finally {
      rmSync(locks, { recursive: true });
    }
  });

  test("a protected resource, in a destroy and in an update that would delete it", () => {
    const up = pulumi(["up", "--yes", "--skip-preview", "--stack", "dev"], { PROTECT: "yes" });
    assert.equal(up.code, 0, up.output);
    for (const result of [
      pulumi(["destroy", "--preview-only", "--stack", "dev"]),
      pulumi(["preview", "--stack", "dev"], { GONE: "yes" }),
    ]) {
      assert.equal(codesOf(result), "EP-DELIVERY-11");
    }
  });
});
