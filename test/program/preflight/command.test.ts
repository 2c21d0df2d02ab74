import "reflect-metadata";
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import type { Row } from "../../../program/preflight/answer.ts";
import { readStackFile } from "../../../program/preflight/stackFile.ts";
import { findSecrets } from "../../harness/leakScan.ts";
import { ADDRESS, AzureContext } from "./azureContext.ts";

const PROJECT = join(import.meta.dirname, "../../..");
const dir = mkdtempSync(join(tmpdir(), "preflight-"));
after(() => rmSync(dir, { recursive: true, force: true }));

function configFile(name: string, config: string): string {
  const file = join(dir, name);
  writeFileSync(file, `config:\n${config}\n`);
  return file;
}

/** Runs the command as `make preflight` does. */
function command(
  { environment }: AzureContext,
  ...args: string[]
): Promise<{ code: number; out: string; err: string }> {
  const { PATH, HOME } = process.env;
  const env = { ...environment, PATH, HOME };
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      [join(PROJECT, "program/preflight/main.ts"), ...args],
      { env, cwd: dir },
      (error, out, err) => resolve({ code: typeof error?.code === "number" ? error.code : error ? -1 : 0, out, err }),
    );
  });
}

test("a stack without a problem ends with 0, one with a problem with 1 and its code", async () => {
  await using azure = await AzureContext.open();
  const good = configFile("good.yaml", `  allowedAddresses: [${ADDRESS}]\n  entra-postgres:vmSize: Standard_B1s`);
  const address = ["--address", ADDRESS];
  const fine = await command(azure, "--stack", "dev", "--config-file", good, ...address);
  assert.equal(fine.code, 0, fine.out + fine.err);
  assert.match(fine.out, /VM size +Standard_B1s\n[\s\S]*\nno problem, \d+ ok\n$/);
  const bad = configFile(
    "bad.yaml",
    `  allowedAddresses: [${ADDRESS}]\n  serverSku: Standard_B20ms\n  location: northeurope`,
  );
  const wrong = await command(
    azure,
    "--stack",
    "organization/entra-postgres/dev",
    "--config-file",
    bad,
    "--json",
    ...address,
  );
  assert.equal(wrong.code, 1, wrong.err);
  const rows: Row[] = JSON.parse(wrong.out);
  assert.deepEqual(
    rows.flatMap((row) => (row.outcome === "problem" ? [[row.check, row.code, row.remedy !== ""]] : [])),
    [["server size", "EP-PREFLIGHT-05", true]],
  );
  assert.ok(azure.tokens.length > 0);
  assert.deepEqual(findSecrets(`${fine.out}${fine.err}${wrong.out}${wrong.err}`, azure.tokens), []);
});

test("the committed file of the stack dev has one problem: the address of the documentation", async () => {
  await using azure = await AzureContext.open();
  const { code, out } = await command(azure, "--stack", "dev", "--json");
  assert.equal(code, 1);
  const problems = (JSON.parse(out) as Row[]).flatMap((row) => (row.outcome === "problem" ? [row.code] : []));
  assert.deepEqual(problems, ["EP-CONFIG-07"]);
});

test("a wrong call ends with 2, a stack without a file with 1", async () => {
  await using azure = await AzureContext.open();
  for (const args of [[], ["--stak", "dev"], ["--stack"]]) {
    const { code, err } = await command(azure, ...args);
    assert.equal(code, 2);
    assert.match(err, /EP-PREFLIGHT-19/);
  }
  const { code, err } = await command(azure, "--stack", "nothing");
  assert.equal(code, 1);
  assert.match(err, /EP-PREFLIGHT-18/);
});

test("a secret is named and not read", () => {
  const file = configFile("secret.yaml", "  adminName:\n    secure: v1:abc\n  vmName: orders\n  apps: [{ name: a }]");
  const { values, secrets } = readStackFile(PROJECT, "acme/entra-postgres/dev", file);
  assert.deepEqual(secrets, ["entra-postgres:adminName"]);
  assert.deepEqual(values, { "entra-postgres:vmName": "orders", "entra-postgres:apps": '[{"name":"a"}]' });
});
