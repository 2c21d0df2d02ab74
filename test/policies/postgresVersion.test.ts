import assert from "node:assert/strict";
import { mock, test } from "node:test";
import { postgresVersion as rule } from "../../policies/rules/postgresVersion.ts";
import { judge, messages, UNKNOWN, UNTOUCHABLE } from "./judged.ts";

const type = "azure-native:dbforpostgresql:Server";
const server = (version: unknown, config = {}, more = {}) =>
  judge(rule, { type, name: "db", props: { version, ...more } }, config);

/** Judges as on that day, at that hour. */
function on<T>(day: string, judging: () => T): T {
  mock.timers.enable({ apis: ["Date"], now: Date.parse(day) });
  try {
    return judging();
  } finally {
    mock.timers.reset();
  }
}

test("versions 15 to 18 pass while Azure supports them, and no other", () => {
  on("2026-12-01", () => {
    for (const version of ["15", "16", "17", "18", 17]) assert.deepEqual(server(version), { violations: [] });
    for (const version of ["11", "14", "19", "", "seventeen"]) {
      assert.match(messages(server(version)).join(), /^"db" has PostgreSQL .*; allowed: 15, 16, 17, 18\.$/, version);
    }
  });
});

test("a version is refused from the day after its support ends, or as many days earlier as is asked for", () => {
  const told = (day: string, config = {}) => on(day, () => messages(server("15", config)).join());
  assert.equal(told("2027-11-11T23:59:59Z"), "");
  assert.match(told("2027-11-12T00:00:00Z"), /PostgreSQL 15, whose support ends on 2027-11-11/);
  assert.equal(told("2027-10-12T23:59:59Z", { noticeDays: 30 }), "");
  assert.match(told("2027-10-13T00:00:00Z", { noticeDays: 30 }), /2027-11-11/);
});

test("a server names its version, unless it is a copy of another one", () => {
  assert.match(messages(server(undefined)).join(), /names no version/);
  assert.match(messages(server(undefined, {}, { createMode: "Default" })).join(), /names no version/);
  for (const createMode of ["Replica", "PointInTimeRestore", "GeoRestore"]) {
    assert.deepEqual(server(undefined, {}, { createMode }), { violations: [] });
  }
});

test("versions and their ends are configurable", () => {
  const config = { endOfLife: { 19: "2031-11-13" } };
  on("2026-12-01", () => {
    assert.deepEqual(server("19", config), { violations: [] });
    assert.match(messages(server("17", config)).join(), /allowed: 19/);
  });
  const { endOfLife, noticeDays } = rule.configSchema?.properties ?? {};
  assert.deepEqual([endOfLife?.additionalProperties, endOfLife?.minProperties], [false, 1]);
  assert.deepEqual([noticeDays?.minimum, noticeDays?.maximum], [0, 1825]);
});

test("an unknown version waits for up", () => {
  assert.deepEqual(server(UNKNOWN).violations, []);
  assert.match(server(UNKNOWN).waits ?? "", /version of "db"/);
});

test("other resources are not looked at", () => {
  assert.match(judge(rule, { type: "azure-native:sql:Server", props: UNTOUCHABLE }).notApplicable ?? "", /server/);
});
