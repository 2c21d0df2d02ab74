import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { rules } from "../../policies/rules.ts";
import { Program, UP } from "../../tools/harness/program.ts";
import { findSecrets } from "../harness/leakScan.ts";

let program: Program;
before(async () => {
  program = await Program.start();
  await program.init("sandbox");
});
after(() => program?.stop());

type Delivered = Awaited<ReturnType<Program["deliver"]>>;

/** Runs a job, which must have this outcome. Neither its output nor its summary may hold a token. */
async function delivered(job: Parameters<Program["deliver"]>[0], outcome: "unchanged" | "changed" | "failed") {
  const done = await program.deliver(job);
  assert.equal(done.outcome, outcome, done.text);
  assert.deepEqual(findSecrets(done.text + done.summary, program.tokens), []);
  assert.doesNotMatch(done.summary, /PRIVATE KEY-----/);
  return done;
}

/** The totals that the engine printed, and those of the summary, by operation. */
function totals({ text, summary }: Delivered) {
  const numbers = (part: string) =>
    Object.fromEntries([...part.matchAll(/(\d+)\*{0,2} (?:to )?([a-z]+)/g)].map(([, count, word]) => [word, count]));
  const printed = /^Resources:\n((?: {4}.*\n)+)/m.exec(text)?.[1] ?? "";
  return { engine: numbers(printed.replace(/^.*\d+ changes\. /m, "")), summary: numbers(summary.split("\n")[2] ?? "") };
}

/** Rows of the table of changes: what and resource. */
function changed(summary: string): string[] {
  const rows = summary.slice(summary.indexOf("### Changes")).matchAll(/^\| (?!what|---)([^|]*) \| ([^|]*) \|/gm);
  return [...rows].map(([, what, resource]) => `${what} ${resource}`.replace(/[*`]/g, "")).sort();
}

/** The diagram's arrows, by the first lines of what they join. */
function arrowsOf(summary: string): string[] {
  const labels = new Map(
    [...summary.matchAll(/(n\d+)\["(.*?)(?: \(\w+\))?(?:<br\/>.*)?"\]/g)].map(([, id, label]) => [id, label]),
  );
  return [...summary.matchAll(/^ {2}(n\d+) --> (n\d+)$/gm)].map(([, a, b]) => `${labels.get(a)} > ${labels.get(b)}`);
}

describe("the summary", () => {
  test("of a first preview has the engine's counts, waiting rules and a diagram", async () => {
    program.configure();
    const done = await delivered("preview", "unchanged");
    const { engine, summary } = totals(done);
    assert.ok(Number(engine.create) > 30, done.text);
    assert.deepEqual(summary, engine);
    assert.match(done.summary, /^## Preview of `sandbox`/);
    const counts =
      /`passwordless-postgresql` \d+\.\d+\.\d+, (\d+) rules: (\d+) passed, (\d+) waiting for `up`, (\d+) with nothing to look at\./;
    const [, all, ...parts] = counts.exec(done.summary) ?? [];
    assert.equal(Number(all), rules.length, done.summary);
    assert.equal(
      parts.reduce((sum, count) => sum + Number(count), 0),
      rules.length,
    );
    assert.match(done.summary, /; those on the stack it judges at its end/);
    assert.match(done.summary, /^\| `no-application-administrator` \| mandatory, on the stack \|/m);
    assert.match(
      done.summary,
      /^\| `firewall-no-wide-range` \| mandatory \| startIpAddress of "app-firewall-vm-orders"/m,
    );
    assert.match(
      done.summary,
      /subgraph n\d+\["EntraPostgresServer app \(create\)"\]\n +direction TB\n +n\d+\["Server \(create\)<br\/>app-server"\]/,
    );
    assert.match(done.summary, /"SchemaAccess ×2 \(create\)<br\/>/);
    for (const arrow of [
      "ResourceGroup > IdentityVm orders",
      "IdentityVm orders > EntraPostgresServer app",
      "EntraPostgresServer app > PrivateDatabase app",
      "EntraPrincipal ×2 > SchemaAccess ×2",
      "PrivateDatabase app > SchemaAccess ×2",
      "SchemaAccess ×2 > ConnectionCheck orders",
    ]) {
      assert.ok(arrowsOf(done.summary).includes(arrow), `${arrow}: ${arrowsOf(done.summary).join("; ")}`);
    }
    assert.doesNotMatch(done.summary, /^\| create \| .*(BEGIN|entra-postgres:(IdentityVm|PrivateDatabase) \|)/m);
  });

  test("of a broken rule names rule, level and remedy, and the job fails", async () => {
    program.configure({ allowedAddresses: ["198.0.0.0/8"] });
    const done = await delivered("preview", "failed");
    assert.notEqual(done.exitCode, 0);
    assert.match(done.summary, /\n\*\*Failed\*\* \(exit code \d+\)\. /);
    const row = done.summary
      .split("\n")
      .find((line) => /^\| \[?`firewall-no-wide-range`.*\*\*mandatory\*\*/.test(line));
    assert.match(row ?? done.summary, /`app-firewall-allow-198-0-0-0[^`]*`: .* \| .{20,} \|$/);
    assert.ok(arrowsOf(done.summary).includes("EntraPostgresServer app > PrivateDatabase app"), done.summary);
    assert.equal(program.sandbox.azure.servers().size, 0);
  });

  test("of an update reports it as done and the preview after it as unchanged", async () => {
    program.configure();
    const done = await delivered("up", "unchanged");
    assert.match(done.summary, /^## Update of `sandbox`.*\n\n\*\*\d+ created\*\*\.\n/);
    assert.match(done.summary, /^## Preview after the update of `sandbox`.*\n\n\*\*No changes\*\*: \d+ unchanged\.\n/m);
    assert.doesNotMatch(done.summary, /waiting for|violated/);
  });

  test("of an unchanged stack says so", async () => {
    await program.ensureUp();
    const done = await delivered("preview", "unchanged");
    assert.match(done.summary, /\n\*\*No changes\*\*: /);
    assert.deepEqual(changed(done.summary), []);
    const { engine, summary } = totals(done);
    assert.deepEqual(summary, engine);
  });

  test("of a replaced server warns first about what is lost and why", async () => {
    await program.ensureUp();
    program.configure({ location: "northeurope" });
    const done = await delivered("preview", "unchanged");
    const { engine, summary } = totals(done);
    assert.ok(Number(engine.replace) > 0, done.text);
    assert.deepEqual(summary, engine);
    const caution = done.summary.split("\n\n").find((part) => part.startsWith("> [!CAUTION]"));
    assert.match(caution ?? done.summary, /`app-server` azure-native:Server: to replace, because of `location`/);
    assert.match(caution ?? "", /`app-database-app` azure-native:Database: to replace/);
    assert.match(
      done.summary,
      /\| `app-server` .*`location`: `"swedencentral"` → `"northeurope"` \*\*forces the replacement/,
    );
  });
});

describe("the drift job", () => {
  /** The firewall rule of the first VM, and which server has it. */
  const firewallRule = async () => {
    const rule = (await program.resources()).find(({ urn }) => urn.endsWith("::app-firewall-vm-orders"));
    assert.ok(rule?.id);
    const { resourceGroupName, serverName } = rule.inputs;
    return { id: rule.id, resourceGroupName, serverName };
  };
  /** Runs the job, which must find these changes, exit with the code for them and leave the state as it is. */
  const finds = async (...rows: string[]) => {
    const before = await program.resources();
    const done = await delivered("drift", rows.length === 0 ? "unchanged" : "changed");
    assert.equal(done.exitCode, rows.length === 0 ? 0 : 7);
    assert.deepEqual(changed(done.summary), rows.toSorted());
    assert.deepEqual(await program.resources(), before);
    return done;
  };

  test("runs the documented command and finds nothing on a fresh stack", async () => {
    await program.ensureUp();
    const done = await finds();
    assert.match(
      done.text,
      /^\$ pulumi refresh --preview-only --expect-no-changes --run-program --non-interactive --stack sandbox/m,
    );
    assert.match(done.summary, /\n\*\*No drift\*\*: \d+ unchanged\.\n/);
  });

  test("finds an added firewall rule; an update refuses it and names the remedy", async () => {
    await program.ensureUp();
    const { resourceGroupName, serverName } = await firewallRule();
    const added = await program.sandbox.azure.add("azure-native:dbforpostgresql:FirewallRule", {
      ...{ resourceGroupName, serverName, firewallRuleName: "open-to-all" },
      ...{ startIpAddress: "0.0.0.0", endIpAddress: "255.255.255.255" },
    });
    const { summary } = await finds("changed app entra-postgres:FirewallDriftCheck");
    assert.match(
      summary,
      /`drift\.open-to-all`: `\(none\)` → `"not declared: 0\.0\.0\.0 to 255\.255\.255\.255, the whole/,
    );
    const text = await program.fail([...UP, "--refresh", "--run-program"]);
    assert.match(
      text,
      /also "open-to-all" \(0\.0\.0\.0 to 255\.255\.255\.255, the whole Internet\); nothing was deleted/,
    );
    assert.ok(
      text.includes(`--name open-to-all --resource-group ${resourceGroupName} --server-name ${serverName}`),
      text,
    );
    assert.ok(program.sandbox.azure.resource(added), "the rule is still there");
    await program.sandbox.azure.remove(added);
  });

  test("finds nothing after an allowed address was added and removed", async () => {
    await program.ensureUp();
    for (const allowedAddresses of [["127.0.0.1", "20.0.0.7"], ["127.0.0.1"]]) {
      program.configure({ allowedAddresses });
      assert.match(await program.succeed(UP), /FirewallDriftCheck app updated/);
    }
    await finds();
  });

  test("finds three changes made outside Pulumi; the repair job repairs them", async () => {
    await program.ensureUp();
    const { id } = await firewallRule();
    await program.sandbox.azure.change(id, { startIpAddress: "0.0.0.0", endIpAddress: "255.255.255.255" });
    await program.sql('GRANT "orders-vm" TO CURRENT_USER; DROP OWNED BY "orders-vm"', "app");
    await program.sql('DROP OWNED BY "orders-vm"; DROP ROLE "orders-vm"');
    const intruder = program.sandbox.directory.add({ displayName: "intruder", type: "service" });
    await program.sql(
      `SELECT pgaadauth_create_principal_with_oid('intruder', '${intruder.objectId}', 'service', true, false)`,
    );
    const drift = [
      "changed app entra-postgres:AdministratorDriftCheck",
      "changed app-firewall-vm-orders azure-native:FirewallRule",
      "changed orders entra-postgres:SchemaAccess",
      "gone orders entra-postgres:EntraPrincipal",
    ];
    const { summary } = await finds(...drift);
    assert.match(summary, /`endIpAddress`: `"127\.0\.0\.\d+"` → `"255\.255\.255\.255"`/);
    assert.match(summary, new RegExp(`intruder|${intruder.objectId}`));

    const refused = await delivered("repair", "failed");
    assert.match(refused.text, /no administrator but[\s\S]*also "intruder"/);
    await program.sql('DROP ROLE "intruder"');
    const repaired = await delivered("repair", "unchanged");
    assert.match(repaired.text, /^\$ pulumi up --yes .*--refresh --run-program --policy-pack /m);
    assert.match(repaired.summary, /^## Preview after the update of `sandbox`.*\n\n\*\*No changes\*\*: /m);
    await finds();
  });
});

test("a preview of a destroy changes nothing", async () => {
  await program.ensureUp();
  const before = (await program.resources()).length;
  const done = await delivered("destroy-preview", "unchanged");
  assert.match(done.summary, /`app-server` azure-native:Server: to delete\./);
  assert.equal((await program.resources()).length, before);
});

test("destroy removes everything and names the data that is gone", async () => {
  await program.ensureUp();
  const done = await delivered("destroy", "unchanged");
  assert.match(done.summary, /^## Destroy of `sandbox`.*\n\n\*\*\d+ deleted\*\*\.\n/);
  assert.match(done.summary, /`app-server` azure-native:Server: deleted\./);
  assert.deepEqual(await program.resources(), []);
  assert.equal(program.sandbox.azure.servers().size, 0);
});
