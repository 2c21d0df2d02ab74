import { readFileSync } from "node:fs";
import { join } from "node:path";
import { databaseScope } from "entra-postgres/azure-login";
import { type Facts, NotAskable } from "../facts.ts";
import { changeArm, patiently } from "./arm.ts";

const API_VERSION = "2024-11-01";
/** Defines what scripts use. */
const PRELUDE = readFileSync(join(import.meta.dirname, "prelude.sh"), "utf8");

/** Runs a script on the virtual machine by a managed run command, which is deleted afterwards. */
export async function askMachine(script: string, facts: Facts, signal: AbortSignal): Promise<string> {
  const { machineId, location } = facts;
  if (!machineId) throw new NotAskable("the stack has no virtual machine with the application's identity");
  const path = `${machineId}/runCommands/${facts.probe}?api-version=${API_VERSION}`;
  const parameters = Object.entries(environment(facts)).map(([name, value]) => ({ name, value }));
  try {
    const properties = { source: { script: `${PRELUDE}\n${script}\ntrue` }, parameters, timeoutInSeconds: 120 };
    await changeArm(path, { method: "PUT", body: { location, properties } }, signal);
    const { body, error } = await patiently(`${path}&$expand=instanceView`, signal);
    const { instanceView } = (body.properties ?? {}) as { instanceView?: Record<string, unknown> };
    if (instanceView?.executionState !== "Succeeded") {
      throw new Error(`the run command is ${instanceView?.executionState}: ${error?.message ?? instanceView?.error}`);
    }
    return String(instanceView.output).trim();
  } finally {
    // A signal of its own: the probe's may have ended it.
    await changeArm(path, { method: "DELETE" }, AbortSignal.timeout(120_000)).catch(() => {});
  }
}

/** The variables of a script: facts of the deployment, and the resource of database tokens. */
function environment({ host, port, role, database, objectId, caCert = "" }: Facts): Record<string, string> {
  const RESOURCE = databaseScope().replace("/.default", "");
  return {
    HOST_NAME: host,
    PORT: port,
    ROLE: role,
    DATABASE: database,
    OBJECT_ID: objectId,
    CA_CERT: caCert,
    RESOURCE,
  };
}
