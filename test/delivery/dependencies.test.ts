import assert from "node:assert/strict";
import { test } from "node:test";
import { readDependencies } from "../../delivery/events/dependencies.ts";

const line = (request: object, response?: object, method = "ResourceMonitor/RegisterResource") =>
  `${JSON.stringify({ method: `/pulumirpc.${method}`, request, ...(response ? { response } : {}) })}\n`;

test("what a resource needs: what it was told to wait for, what its properties come from, its provider", () => {
  const calls = [
    line({ type: "a:b:C", dependencies: ["a"] }),
    line(
      {
        dependencies: ["a", "b"],
        propertyDependencies: { name: { urns: ["b", "c"] }, size: {} },
        provider: "urn:pulumi:dev::p::pulumi:providers:postgresql::admin::04da6b54-80e4",
      },
      { urn: "x" },
    ),
    line({ object: { password: "no matter" } }, { urn: "y" }),
    line({ dependencies: ["z"] }, { urn: "x" }, "ResourceMonitor/RegisterResourceOutputs"),
  ];
  assert.deepEqual(
    [...readDependencies(calls.join(""))],
    [
      ["x", ["a", "b", "c", "urn:pulumi:dev::p::pulumi:providers:postgresql::admin"]],
      ["y", []],
    ],
  );
});

test("a log that was cut short, or is none, costs only what it lacks", () => {
  const whole = line({ dependencies: ["a"] }, { urn: "x" });
  assert.deepEqual([...readDependencies(`no log\n${whole}${whole.slice(0, -20)}`)], [["x", ["a"]]]);
  assert.deepEqual([...readDependencies("")], []);
});
