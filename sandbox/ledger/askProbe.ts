import { askArm } from "./ask/arm.ts";
import { DELAYS } from "./ask/delays.ts";
import { askLogin, askSql } from "./ask/sql.ts";
import { askMachine } from "./ask/virtualMachine.ts";
import type { Facts } from "./facts.ts";
import type { Probe } from "./probe.ts";

/** Asks a deployment. @returns its answer as it came @throws NotAskable for a deployment that lacks what the question needs */
export function askProbe(probe: Probe, facts: Facts, signal: AbortSignal): Promise<string> {
  if ("sql" in probe) return askSql(probe.sql, facts, signal);
  if ("login" in probe) return askLogin(probe.login, facts, signal);
  if ("arm" in probe) return askArm(probe.arm, facts, signal);
  if ("vm" in probe) return askMachine(probe.vm, facts, signal);
  return DELAYS[probe.delay](facts, signal);
}
