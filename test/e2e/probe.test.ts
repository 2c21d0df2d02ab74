import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { readLedger } from "../../sandbox/ledger/ledger.ts";
import type { ProbeRecord } from "../../sandbox/ledger/record.ts";
import { SYSTEM_DATABASES } from "../../sandbox/postgres/roles.ts";
import { Program } from "../../tools/harness/program.ts";
import { findSecrets } from "../harness/leakScan.ts";

let program: Program;
before(async () => {
  program = await Program.start();
  await program.init("sandbox");
  await program.ensureUp();
});
after(() => program?.stop());

test("the sandbox answers every row that can be asked as the ledger says; the record names nobody and nothing", async () => {
  const left = () =>
    program.sandbox.azure
      .resources()
      .map(({ id }) => id)
      .sort();
  const before = left();
  const folder = join(program.dir, "records");
  const probe = ["sandbox/ledger/main.ts", "--stack", "sandbox", "--firewall", "--record", folder];
  const { exitCode, text } = await program.run(process.execPath, probe);
  assert.equal(exitCode, 0, text);

  const json = readFileSync(join(folder, `${new Date().toISOString().slice(0, 10)}.json`), "utf8");
  const { from, results } = JSON.parse(json) as ProbeRecord;
  assert.equal(from, "sandbox");
  const asked = readLedger().flatMap(({ rows }) => rows.filter((row) => row.probe));
  assert.deepEqual(
    results.map(({ id, result }) => [id, result]),
    asked.map(({ id }) => [id, "confirmed"]),
  );
  for (const said of [json, text]) assert.deepEqual(findSecrets(said, program.tokens), []);
  const personal = before
    .map((id) => id.split("/").at(-1) ?? "")
    .filter((name) => !SYSTEM_DATABASES.includes(name) && name.length > 3);
  const { directory } = program.sandbox;
  const ids = directory.list().flatMap(({ objectId, clientId }) => [objectId, clientId ?? objectId]);
  for (const secret of [...personal, ...ids, directory.tenantId]) assert.ok(!json.includes(secret), secret);
  assert.deepEqual(left(), before, "the probes leave every resource as it was");
});
