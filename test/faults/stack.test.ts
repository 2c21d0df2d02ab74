import assert from "node:assert/strict";
import { rmSync } from "node:fs";
import { after, before, test } from "node:test";
import type { PrincipalInputs } from "../../components/principal/inputs.ts";
import { temporaryDirectory } from "../harness/testServer.ts";
import { outcomes, recorded } from "./engineCommands.ts";
import { emulatorSide } from "./lifecycleSide.ts";
import { Stack } from "./stack.ts";

let dir: string;
before(() => {
  dir = temporaryDirectory();
});
after(() => rmSync(dir, { recursive: true, force: true }));

test("the emulator calls what the engine calls, and keeps what the engine keeps", async () => {
  assert.deepEqual(await outcomes(emulatorSide(dir)), recorded());
});

test("nothing but plain values reaches the lifecycle or the state", async () => {
  const given: unknown[] = [];
  const stack = new Stack({
    check: async (_olds, news) => ({ inputs: news, failures: [] }),
    diff: async () => ({ changes: false }),
    create: async (inputs) => {
      given.push(inputs);
      return { id: "one", outs: { ...inputs, left: undefined, when: new Date(0) } };
    },
    read: async () => ({}),
    update: async () => ({}),
    remove: async () => {},
  });
  const inputs = { roleName: "app", memberOf: undefined } as unknown as PrincipalInputs;
  await stack.up(inputs);
  assert.deepEqual(given, [{ roleName: "app" }]);
  assert.deepEqual(stack.state?.outputs, { roleName: "app", when: "1970-01-01T00:00:00.000Z" });
});
