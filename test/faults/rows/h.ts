import assert from "node:assert/strict";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { inspect } from "node:util";
import { withAdminSession } from "../../../components/postgres/adminSession.ts";
import { Deadline } from "../../../components/postgres/deadline.ts";
import { findSecrets } from "../../harness/leakScan.ts";
import type { FaultContext } from "../context.ts";
import type { Rows } from "../row.ts";

/** Every file below a folder, as text. */
function everything(folder: string): string {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .map((name) => join(folder, name))
    .filter((file) => statSync(file).isFile() && statSync(file).size < 20_000_000)
    .map((file) => readFileSync(file, "latin1"))
    .join("\n");
}

/** A stack that has been up, refreshed, changed and has failed once, with these variables; answers all that was printed. */
async function eventful(context: FaultContext, env: NodeJS.ProcessEnv = {}, ...more: string[]) {
  const stack = await context.engine();
  const { owner: _, ...args } = context.inputs(context.identity());
  let printed = "";
  const run = async (...command: string[]) => {
    const { exitCode, text } = await stack.runWith(env, ...command, ...more);
    printed += text;
    return exitCode;
  };
  stack.configure({ name: "app", args });
  assert.equal(await run("up", "--yes", "--skip-preview"), 0, printed);
  // This role fails in the control too, so that the search below covers a failure there as well.
  const objectId = "99999999-9999-4999-8999-999999999999";
  const stranger = { ...args, objectId, roleName: `stranger-${args.roleName}`, waitSeconds: 0 };
  stack.configure({ name: "app", args }, { name: "stranger", args: stranger });
  assert.notEqual(
    await run("up", "--yes", "--skip-preview"),
    0,
    "a role for an identity that the tenant does not have",
  );
  stack.configure({ name: "app", args: { ...args, canLogin: false } });
  assert.equal(await run("up", "--yes", "--skip-preview", "--refresh"), 0, printed);
  return { stack, printed, args };
}

export const rows: Rows = {
  H1: async (context) => {
    const { stack, args } = await eventful(context);
    const kept = everything(join(stack.dir, ".pulumi"));
    assert.match(kept, new RegExp(args.roleName), "nothing was looked at");
    assert.deepEqual(findSecrets(kept, context.server.tokens), []);
    const [planted = ""] = context.server.tokens;
    const inBase64 = Buffer.from(planted.split(".")[1] ?? "").toString("base64");
    for (const text of [planted, planted.split(".")[2] ?? "", inBase64]) {
      assert.ok(findSecrets(kept + text, context.server.tokens).length > 0, "a planted token is not found");
    }
  },

  H2: async (context) => {
    await context.server.server.setConfiguration("log_statement", "all");
    const calls = join(context.server.dir, "engine-calls.json");
    const env = { AZURE_LOG_LEVEL: "verbose", PULUMI_DEBUG_GRPC: calls };
    const { printed } = await eventful(context, env, "--logtostderr", "-v=9");
    await context.server.server.resetConfiguration("log_statement");
    assert.match(printed, /eventSink|I\d{4}/, "nothing was logged");
    assert.deepEqual(findSecrets(printed, context.server.tokens), []);
    assert.deepEqual(findSecrets(readFileSync(calls, "latin1"), context.server.tokens), []);
    const log = context.server.postgresLog();
    assert.match(log, /pgaadauth_create_principal/, "no statement was logged");
    assert.deepEqual(findSecrets(log, context.server.tokens), []);
  },

  H3: async (context) => {
    const inputs = context.inputs(context.identity(), { deadlineSeconds: 2 });
    for (const type of ["PasswordMessage", "Query"]) {
      context.cutter.reset();
      context.cutter.cuts = [{ matches: (message) => message.type === type, action: "reset", times: 100 }];
      const error = await context
        .stack()
        .up(inputs)
        .catch((thrown) => thrown);
      assert.ok(error instanceof Error);
      const shown = inspect(error, { depth: 20, showHidden: true }) + JSON.stringify(error);
      assert.ok(context.cutter.passwords > 0 && context.server.tokens.length > 0);
      context.holdsNoSecret(shown);
      assert.doesNotMatch(shown, /password:/);
      await context.failure(Promise.reject(error));
    }
    await context.converges(context.stack(), inputs);
  },

  H4: async (context) => {
    const { stack } = await eventful(context);
    const text = String(stack.state().roles[0]?.outputs.__provider);
    assert.match(text, /await import\(/, "the provider's text is not a stub");
    assert.doesNotMatch(text, /process\.env|getToken|BEGIN |pgaadauth/);
    assert.ok(text.length < 4000, `${text.length} characters`);
  },

  H5: async (context) => {
    const inputs = context.inputs(context.identity());
    const stack = context.stack();
    await withAdminSession(inputs, new Deadline(20), async (session) => {
      await session.query("SELECT 1");
      context.holdsNoSecret(JSON.stringify(process.report.getReport()));
    });
    await stack.up(inputs);
    const report = JSON.stringify(process.report.getReport());
    assert.match(report, /environmentVariables/);
    context.holdsNoSecret(report);
    await context.converges(stack, inputs);
  },

  H6: async (context) => {
    const { stack, args } = await eventful(context);
    const before = readFileSync(stack.stateFile, "utf8");
    const { exitCode, text } = await stack.runWith(
      { PULUMI_CONFIG_PASSPHRASE: "wrong" },
      "destroy",
      "--yes",
      "--skip-preview",
    );
    assert.notEqual(exitCode, 0);
    assert.match(text, /incorrect passphrase/);
    assert.equal(readFileSync(stack.stateFile, "utf8"), before);
    assert.equal(await context.boundTo(args.roleName), args.objectId);
    await stack.converges();
  },
};
