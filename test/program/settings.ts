import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import { readSettings, type Settings } from "../../program/config/settings.ts";
import { recordResources } from "../harness/mocks.ts";

export interface Circumstances {
  preview?: boolean;
  /** Keys that the stack keeps as secrets. */
  secret?: string[];
  stack?: { stack?: string; organization?: string };
}

/** What the program reads of a configuration; what is no text is given as the engine gives it, as JSON. */
export async function settingsOf(
  config: Record<string, unknown>,
  { preview = false, secret = [], stack }: Circumstances = {},
): Promise<Readonly<Settings>> {
  await recordResources(preview, stack);
  const text = (value: unknown) => (typeof value === "string" ? value : JSON.stringify(value));
  const full = Object.fromEntries(Object.entries(config).map(([key, value]) => [`entra-postgres:${key}`, text(value)]));
  const secrets = secret.map((key) => `entra-postgres:${key}`);
  process.env.PULUMI_CONFIG_SECRET_KEYS = JSON.stringify(secrets);
  pulumi.runtime.setAllConfig(full, secrets);
  return readSettings();
}

/** What the program says to a configuration that it refuses. */
export async function problemsOf(config: Record<string, unknown>, circumstances: Circumstances = {}): Promise<string> {
  try {
    await settingsOf(config, circumstances);
  } catch (error) {
    assert.ok(pulumi.RunError.isInstance(error), `a message without a stack, not ${error}`);
    return (error as Error).message;
  }
  throw new assert.AssertionError({ message: "the configuration was accepted" });
}

/** The commands of such a message, in their order. */
export function commandsIn(message: string): string[] {
  return [...message.matchAll(/^ {4}(?:example|remove): +(.*)$/gm)].map(([, command = ""]) => command);
}
