import { setTimeout as sleep } from "node:timers/promises";
import { type Facts, NotAskable } from "../facts.ts";
import type { Questions } from "../probe.ts";
import { changeArm, patiently } from "./arm.ts";
import { askLogin, askSql } from "./sql.ts";

const IDENTITY_API = "2023-01-31";
const SERVER_API = "2024-08-01";

/** What is changed and watched, by name. */
export const DELAYS: Record<Questions["delay"], (facts: Facts, signal: AbortSignal) => Promise<string>> = {
  /** Creates an identity and counts until PostgreSQL finds it by its name. */
  directory: async (facts, signal) => {
    const { groupId, location, probe } = facts;
    const path = `${groupId}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/${probe}?api-version=${IDENTITY_API}`;
    try {
      await changeArm(path, { method: "PUT", body: { location } }, signal);
      const statements = "SELECT pgaadauth_create_principal('{probe}', false, false)";
      return `found after ${await secondsUntil(() => askSql({ statements }, facts, signal), /^Created/, signal)}`;
    } finally {
      await changeArm(path, { method: "DELETE" }, AbortSignal.timeout(120_000)).catch(() => {});
    }
  },

  /** Takes the firewall rules away that let this machine in, and puts them back. */
  firewall: async (facts, signal) => {
    const login = () => askLogin({}, facts, signal);
    const path = `${facts.serverId}/firewallRules`;
    const { body } = await patiently(`${path}?api-version=${SERVER_API}`, signal);
    const rules = (body.value ?? []) as { name: string; properties: Record<string, unknown> }[];
    if (rules.length === 0) throw new NotAskable("the server has no firewall rules");
    const change = (method: "DELETE" | "PUT", { name, properties }: (typeof rules)[number], until: AbortSignal) => {
      const { startIpAddress, endIpAddress } = properties;
      const body = method === "PUT" ? { body: { properties: { startIpAddress, endIpAddress } } } : {};
      return changeArm(`${path}/${name}?api-version=${SERVER_API}`, { method, ...body }, until);
    };
    const removed: typeof rules = [];
    let closed = "";
    try {
      for (const rule of rules) {
        removed.push(rule);
        await change("DELETE", rule, signal);
      }
      closed = await secondsUntil(login, /^ERROR 28000: no pg_hba/, signal);
    } finally {
      for (const rule of removed) await change("PUT", rule, AbortSignal.timeout(600_000));
    }
    return `closed after ${closed}, open after ${await secondsUntil(login, /^logged in$/, signal)}`;
  },
};

/** Asks each second until the answer is as wanted. */
async function secondsUntil(ask: () => Promise<string>, wanted: RegExp, signal: AbortSignal): Promise<string> {
  for (const begun = Date.now(); ; ) {
    if (wanted.test(await ask())) return `${Math.round((Date.now() - begun) / 1000)} s`;
    await sleep(1000, undefined, { signal });
  }
}
