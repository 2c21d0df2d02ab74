import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { Failure } from "../../../components/postgres/failure.ts";
import { type Operation, perform, type Try } from "../../../components/postgres/operation.ts";

const inputs = {
  host: "db.example",
  port: 5432,
  database: "postgres",
  adminUser: "admin",
  roleName: "orders",
  objectId: "aaaaaaaa-0000-0000-0000-000000000001",
  waitSeconds: 60,
  deadlineSeconds: 3,
};
const operation: Operation = { step: "creating the role", inputs, report: () => {} };
const notInTenant = () =>
  new Failure(
    "statement",
    new Error("Could not validate AAD user orders because its name is not found in the tenant."),
  );
/** What a connection says that the deadline has cut. */
const cutOff = () => new Failure("connect", new Error("timeout expired: the deadline is over"));

/** Goes through the tries in turn; the last one waits for the end of the deadline first. */
function tries(...failures: (() => Failure)[]) {
  return async ({ deadline }: Try) => {
    const failure = failures.shift();
    assert.ok(failure, "there is no further try");
    while (failures.length === 0 && !deadline.over) await sleep(10);
    throw failure();
  };
}

test("after the deadline the error names what was waited for", async () => {
  await assert.rejects(perform(operation, tries(notInTenant, cutOff)), (error: Error) => {
    assert.match(error.message, /found: +Could not validate AAD user orders/);
    assert.match(error.message, /EP-ROLE-14$/);
    return true;
  });
});

test("without a wait before it, the deadline is the reason", async () => {
  await assert.rejects(
    perform({ ...operation, inputs: { ...inputs, deadlineSeconds: 1 } }, tries(cutOff)),
    /the deadline is over/,
  );
});

test("the server's last error is reported, whatever the deadline", async () => {
  const denied = () => new Failure("statement", Object.assign(new Error("permission denied"), { code: "42501" }));
  await assert.rejects(perform(operation, tries(notInTenant, denied)), /permission denied \(SQLSTATE 42501\)/);
});
