import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import { ciSign } from "../../program/config/ciSystem.ts";
import type { ConfigErrorCode } from "../../program/config/problems.ts";
import { readSettings, type Settings } from "../../program/config/settings.ts";
import { recordResources } from "../harness/mocks.ts";

export interface Circumstances {
  preview?: boolean;
  /** Keys that the stack keeps as secrets. */
  secret?: string[];
  /** Variable by which a CI system says that it runs the job. @default none is set */
  ci?: string;
  stack?: { stack?: string; organization?: string };
}

/** One problem of a refused configuration, as its message shows it. */
export interface Report {
  key: string;
  found: string;
  allowed: string;
  command: string;
  code: string;
}

/** What is expected of a report: its code, and what it says is allowed. */
export type Expected = Record<string, [code: ConfigErrorCode, allowed: RegExp]>;

/** The settings of a configuration. A key without a namespace is the project's; what is not a text is given as the engine does, as JSON. */
export async function settingsOf(
  config: Record<string, unknown>,
  { preview = false, secret = [], stack, ci }: Circumstances = {},
): Promise<Readonly<Settings>> {
  await recordResources(preview, stack);
  // This test may be part of a CI job.
  for (let sign = ciSign(); sign; sign = ciSign()) delete process.env[sign];
  if (ci) process.env[ci] = "true";
  const full = (key: string) => (key.includes(":") ? key : `${pulumi.getProject()}:${key}`);
  const text = (value: unknown) => (typeof value === "string" ? value : JSON.stringify(value));
  const secrets = secret.map(full);
  process.env.PULUMI_CONFIG_SECRET_KEYS = JSON.stringify(secrets);
  const entries = Object.entries(config).map(([key, value]) => [full(key), text(value)]);
  pulumi.runtime.setAllConfig(Object.fromEntries(entries), secrets);
  return readSettings();
}

/** The message that refuses a configuration. */
export async function refusalOf(config: Record<string, unknown>, circumstances: Circumstances = {}): Promise<string> {
  const error = await settingsOf(config, circumstances).then(
    () => assert.fail("the configuration was accepted"),
    (thrown: unknown) => thrown,
  );
  assert.ok(pulumi.RunError.isInstance(error), `a message without a stack, not ${error}`);
  return (error as Error).message;
}

/** The problems of a refused configuration, in the order of the message. */
export async function reportsOf(config: Record<string, unknown>, circumstances: Circumstances = {}): Promise<Report[]> {
  const message = await refusalOf(config, circumstances);
  const [head = "", ...blocks] = message.trimEnd().split("\n\n  ");
  assert.match(head, new RegExp(`has ${blocks.length} problems?:$`));
  return blocks.map((block) => {
    const parts = /^(\S+) is (.*)\n {4}allowed: (.*)\n {4}(?:example|remove): +(.*)\n {4}code: +(EP-CONFIG-\d+)$/.exec(
      block,
    );
    assert.ok(parts, block);
    const [, key = "", found = "", allowed = "", command = "", code = ""] = parts;
    return { key, found, allowed, command, code };
  });
}

/** Asserts that a configuration has exactly these problems, by key. */
export async function assertReports(
  config: Record<string, unknown>,
  expected: Expected,
  circumstances: Circumstances = {},
): Promise<void> {
  const reports = await reportsOf(config, circumstances);
  assert.deepEqual(reports.map(({ key }) => key).sort(), Object.keys(expected).sort());
  for (const { key, code, allowed } of reports) {
    const [expectedCode, expectedWords] = expected[key] ?? [];
    assert.equal(code, expectedCode, key);
    assert.match(allowed, expectedWords ?? /^$/, key);
  }
}

/** The commands of a refusal without what they all begin with, in the order of the message. */
export async function commandsOf(
  config: Record<string, unknown>,
  circumstances: Circumstances = {},
): Promise<string[]> {
  return (await reportsOf(config, circumstances)).map(({ command }) => command.replace("pulumi config ", ""));
}
