import assert from "node:assert/strict";
import { mock, test } from "node:test";
import type { Rule } from "../../policies/engine/rule.ts";
import { rules } from "../../policies/rules.ts";
import { assertVerdict, type Case, judgedBy, PASS, type RuleCases } from "./cases/case.ts";
import { databaseCases } from "./cases/database.ts";
import { loginCases } from "./cases/login.ts";
import { machineCases } from "./cases/machine.ts";
import { networkCases } from "./cases/network.ts";
import { operationCases } from "./cases/operation.ts";
import { sshCases } from "./cases/ssh.ts";
import { type Given, UNTOUCHABLE } from "./judged.ts";

const CASES: RuleCases = {
  ...loginCases,
  ...networkCases,
  ...sshCases,
  ...machineCases,
  ...operationCases,
  ...databaseCases,
};

for (const rule of rules) {
  for (const [fact, cases] of Object.entries(CASES[rule.name] ?? {})) {
    test(`${rule.name}: ${fact}`, () => {
      assert.ok(cases.length > 0);
      for (const each of cases) on(each[3] ?? "2026-12-01", () => assertVerdict(rule, each));
    });
  }
}

test("every rule has a case that it refuses and one that passes", () => {
  assert.deepEqual(Object.keys(CASES).sort(), rules.map(({ name }) => name).sort());
  for (const rule of rules) {
    assert.ok(refusedBy(rule), rule.name);
    assert.ok(
      casesOf(rule).some(([, verdict]) => verdict === PASS),
      rule.name,
    );
  }
});

/** The environments in which a rule demands something, unless it is configured otherwise. */
const DEMANDING: Record<string, readonly string[]> = {
  "administrator-no-lone-user": ["test", "prod"],
  "no-public-access": ["test", "prod"],
  "geo-redundant-backup": ["prod"],
  "high-availability": ["prod"],
  "deletion-protection": ["test", "prod"],
  diagnostics: ["test", "prod"],
};

test("the configured environment alone decides where a rule demands something", () => {
  const byEnvironment = rules.filter(({ configSchema }) => configSchema?.properties.environments);
  assert.deepEqual(byEnvironment.map(({ name }) => name).sort(), Object.keys(DEMANDING).sort());
  for (const rule of byEnvironment) {
    const [given, { violations }] = refusedBy(rule) ?? assert.fail();
    const refused = { violations: violations.map(() => undefined) };
    for (const environment of ["dev", "test", "prod"]) {
      const demands = DEMANDING[rule.name]?.includes(environment);
      assertVerdict(rule, [given, demands ? refused : PASS, { environment }]);
      assertVerdict(rule, [given, refused, { environment, environments: [environment] }]);
      assertVerdict(rule, [given, PASS, { environment, environments: [] }]);
    }
    const tagged = [given].flat().map((each) => ({ ...each, props: { ...each.props, tags: { environment: "dev" } } }));
    assertVerdict(rule, [tagged as Given[], refused]);
    assertVerdict(rule, [given, refused, { environment: "staging" }]);
  }
});

test("a rule reads nothing of resources of other kinds", () => {
  for (const type of [
    "azure-native:sql:Server",
    "azure-native:sql:FirewallRule",
    "azure-native:dbformysql:Server",
    "azure-native:dbformysql:Database",
    "azure-native:dbforpostgresql:SingleServer",
    "azure-native:dbforpostgresql:SingleServerConfiguration",
    "azure-native:dbforpostgresql:ServerGroupFirewallRule",
    "azure-native:compute:Disk",
    "azure-native:compute:VirtualMachineExtension",
    "azure-native:network:DefaultAdminRule",
    "azure-native:network:Subnet",
    "pulumi-nodejs:dynamic/entra-postgres:AccessGuard",
    "pulumi-nodejs:dynamic:Resource",
    "pulumi:providers:azure-native",
    "pulumi:providers:postgresql2",
    "postgresql:index/database:Database",
    "random:index/randomPassword:RandomPassword",
    "my:index:Server",
  ]) {
    for (const rule of rules) {
      assert.match(
        judgedBy(rule, { type, props: UNTOUCHABLE }).notApplicable ?? "",
        /^judges /,
        `${rule.name} ${type}`,
      );
    }
  }
});

test("a setting accepts no value that switches its rule off", () => {
  const setting = (name: string, key: string): Record<string, unknown> => ({
    ...rules.find((rule) => rule.name === name)?.configSchema?.properties[key],
  });
  assert.equal(setting("ssh-not-open", "ports").minItems, 1);
  assert.equal(setting("high-availability", "modes").minItems, 1);
  const { additionalProperties, minProperties } = setting("postgres-version", "endOfLife");
  assert.deepEqual([additionalProperties, minProperties], [false, 1]);
  const pattern = (name: string, key: string) => new RegExp((setting(name, key).items as { pattern: string }).pattern);
  const additional = pattern("grants-within-profiles", "additional");
  for (const text of ["table TRUNCATE", "foreign_data_wrapper USAGE"]) assert.match(text, additional);
  for (const text of ["TRUNCATE", "table truncate", "foreign_tables SELECT"]) assert.doesNotMatch(text, additional);
  const allowed = pattern("no-predefined-roles", "allowed");
  assert.match("pg_monitor", allowed);
  assert.doesNotMatch("azure_pg_admin", allowed);
});

function casesOf(rule: Rule): Case[] {
  return Object.values(CASES[rule.name] ?? {}).flat();
}

/** The first case that the rule refuses without a configuration of its own. */
function refusedBy(rule: Rule): Case | undefined {
  return casesOf(rule).find(([, { violations }, config]) => violations.length > 0 && !Object.keys(config ?? {}).length);
}

/** Judges as on that day. */
function on(day: string, judging: () => void): void {
  mock.timers.enable({ apis: ["Date"], now: Date.parse(day) });
  try {
    judging();
  } finally {
    mock.timers.reset();
  }
}
