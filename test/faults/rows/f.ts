import assert from "node:assert/strict";
import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { Commits } from "../commits.ts";
import { control } from "../control.ts";
import type { SeenMessage } from "../cutting.ts";
import { grantRounds } from "../parallelGrants.ts";
import { killTree, treeOf } from "../processes.ts";
import type { Rows } from "../row.ts";

export const rows: Rows = {
  F1: async (context) => {
    await context.stack().up(context.inputs(context.identity()));
    const recorded = [...context.cutter.seen];
    assert.ok(recorded.length > 30, `only ${recorded.length} messages were recorded`);
    for (const target of recorded.filter((_, at) => at % 7 === 3)) {
      const inputs = context.inputs(context.identity());
      const stack = context.stack();
      context.cutter.reset();
      const matches = (message: SeenMessage) =>
        message.direction === target.direction && message.ordinal === target.ordinal && message.connection === 0;
      context.cutter.cuts = [{ matches, action: "reset" }];
      await stack.up(inputs).catch(async (error) => await context.failure(Promise.reject(error)));
      await context.converges(stack, inputs);
    }
  },

  F2: async (context) => {
    const stack = await context.engine();
    for (const at of ["isSent", "isAnswered"] as const) {
      const identity = context.identity();
      const args = context.inputs(identity);
      stack.configure({ name: `app-${at}`, args });
      context.cutter.reset();
      const pending = stack.state().pending.length;
      const killed = Promise.withResolvers<void>();
      const commits = new Commits();
      context.cutter.cuts = [
        { matches: (message) => commits[at](message), action: "stall", onCut: () => killed.resolve() },
      ];
      const { child, ended } = stack.startUp();
      await Promise.race([killed.promise, ended]);
      killTree(child.pid ?? 0);
      const { exitCode } = await ended;
      assert.notEqual(exitCode, 0, "it was not killed");
      assert.ok(stack.state().pending.length > pending, "the engine left no trace of what was under way");
      context.cutter.reset();
      rmSync(join(stack.dir, ".pulumi/locks"), { recursive: true, force: true });
      await stack.converges();
      assert.equal(await context.boundTo(args.roleName), identity.objectId);
    }
  },

  F3: async (context) => {
    const stack = await context.engine();
    for (const times of [1, 2]) {
      context.server.directory.replicationDelay = 3600;
      const identity = context.identity();
      const args = context.inputs(identity, { waitSeconds: 60, deadlineSeconds: 60 });
      stack.configure({ name: `app-${times}`, args });
      const { child, ended, text } = stack.startUp();
      await context.until(
        () => text().includes("waiting for the identity to reach the directory"),
        ended.then(() => {
          throw new Error(`it ended: ${text()}`);
        }),
      );
      assert.match(text(), /if its name or object id is wrong, stop here: it is safe/);
      const processes = treeOf(child.pid ?? 0);
      for (let at = 0; at < times; at += 1) {
        const before = text().length;
        child.kill("SIGINT");
        await context.until(() => text().length > before || child.exitCode !== null);
      }
      // One Ctrl-C lets what is under way come to its end, two do not.
      if (times === 1) {
        await context.forgetDelay(identity);
      }
      const { exitCode } = await ended;
      assert.notEqual(exitCode, 0);
      assert.match(text(), /cancel|interrupt|^\^C/im);
      await context.until(() => processes.every((pid) => !existsSync(`/proc/${pid}`)));
      context.server.directory.replicationDelay = 0;
      await context.forgetDelay(identity);
      rmSync(join(stack.dir, ".pulumi/locks"), { recursive: true, force: true });
      await stack.converges();
      assert.equal(await context.boundTo(args.roleName), identity.objectId);
    }
  },

  F4: async (context) => {
    const stack = await context.engine();
    const inputs = context.inputs(context.identity(), { deadlineSeconds: 60 });
    stack.configure({ name: "app", args: inputs });
    const person = await context.server.connect("admin", await context.server.token(context.server.admin));
    try {
      await person.query(`BEGIN; CREATE ROLE "${inputs.roleName}"`);
      const { ended, text } = stack.startUp();
      await context.until(() =>
        context.cutter.seen.some((message) => message.text?.includes("pgaadauth_create_principal")),
      );
      const second = await stack.up();
      assert.notEqual(second.exitCode, 0);
      assert.match(second.text, /the stack is currently locked/);
      await person.query("ROLLBACK");
      assert.equal((await ended).exitCode, 0, text());
    } finally {
      await person.end();
    }
    await stack.converges();
  },

  F5: async (context) => {
    for (let round = 0; round < 10; round += 1) {
      const identity = context.identity();
      const both = ["dev", "prod"].map((name) =>
        context.inputs(identity, { owner: `urn:pulumi:${name}::faults::app` }),
      );
      const results = await Promise.allSettled(both.map((inputs) => context.stack().up(inputs)));
      const lost = results.filter((result) => result.status === "rejected");
      assert.equal(lost.length, 1, "not exactly one won");
      assert.match(
        await context.failure(Promise.reject(lost[0]?.reason)),
        /a role that urn:pulumi:(dev|prod)::faults::app manages/,
      );
    }
    assert.deepEqual(context.output, [], "they did not take turns: one ran into the other's work");
    const inputs = context.inputs(context.identity());
    const stack = context.stack();
    const person = await context.server.connect("admin", await context.server.token(context.server.admin));
    try {
      await person.query(`BEGIN; CREATE ROLE "${inputs.roleName}" NOLOGIN`);
      const up = stack.up(inputs);
      await context.until(
        () => context.cutter.seen.some(({ text }) => text?.includes("pgaadauth_create_principal")),
        up,
      );
      await person.query("COMMIT");
      assert.match(await context.failure(up), /EP-ROLE-02/);
      await person.query(`DROP ROLE "${inputs.roleName}"`);
    } finally {
      await person.end();
    }
    await context.converges(stack, inputs);
  },

  F7: async (context) => {
    for (const [code, words] of [
      ["40P01", "deadlock detected"],
      ["40001", "could not serialize access due to concurrent update"],
      ["XX000", "tuple concurrently updated"],
    ] as const) {
      const inputs = context.inputs(context.identity());
      const stack = context.stack();
      context.cutter.reset();
      await context.server.server.refusePrincipals(code, words, 2);
      await stack.up(inputs);
      const begun = context.cutter.seen.filter(({ type, text }) => type === "Query" && text === "BEGIN").length;
      assert.deepEqual([begun, context.cutter.connections], [3, 3]);
      await context.converges(stack, inputs);
    }
  },

  F8: async (context) => {
    for (let round = 0; round < 10; round += 1) {
      const inputs = context.inputs(context.identity());
      const stack = await context.made(inputs);
      const same = context.stack();
      same.state = structuredClone(stack.state);
      const oid = stack.state?.outputs.roleOid ?? "";
      await Promise.all([stack.destroy(), same.destroy()]);
      await context.isGone(inputs.roleName, oid);
    }
  },

  F9: async (context) => {
    const stack = await context.engine();
    const identity = context.identity();
    const args = context.inputs(identity);
    stack.configure({ name: "app", args });
    const folder = dirname(stack.stateFile);
    const commits = new Commits();
    context.cutter.cuts = [
      {
        matches: (message) => commits.isSent(message),
        action: { delay: 1 },
        onCut: () => {
          renameSync(folder, `${folder}-away`);
          writeFileSync(folder, "no folder");
        },
      },
    ];
    const { exitCode, text } = await stack.up();
    assert.ok(existsSync(`${folder}-away`), "nothing was taken away");
    rmSync(folder, { recursive: true });
    renameSync(`${folder}-away`, folder);
    rmSync(join(stack.dir, ".pulumi/locks"), { recursive: true, force: true });
    assert.notEqual(exitCode, 0, text);
    assert.match(text, /error: /);
    assert.equal(await context.boundTo(args.roleName), identity.objectId, "the role was committed");
    await stack.converges();
    assert.deepEqual(await context.roles(), [args.roleName]);
  },

  F10: async (context) => {
    const stack = await context.engine();
    const args = context.inputs(context.identity());
    stack.configure({ name: "app", args });
    await stack.converges();
    const state = readFileSync(stack.stateFile, "utf8");
    const changed = state.replaceAll("exports.handler = () =>", "/* an older version */ exports.handler = () =>");
    assert.notEqual(changed, state);
    writeFileSync(stack.stateFile, changed);
    const { exitCode, text } = await stack.preview("--expect-no-changes");
    assert.equal(exitCode, 0, text);
    assert.equal((await stack.destroy()).exitCode, 0);
    assert.equal(await context.role(args.roleName), undefined);
  },

  F6: async (context) => {
    if (context.lifecycle === control) {
      assert.deepEqual((await grantRounds("side by side", "the administrator", 1)).wrong, []);
      return;
    }
    assert.deepEqual((await grantRounds("access", "group roles", 1)).wrong, []);
  },
};
