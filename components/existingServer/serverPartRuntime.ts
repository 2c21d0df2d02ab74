import type { dynamic } from "@pulumi/pulumi";
import { changeResource, type ForeignResource, readResource } from "../azure/azureChange.ts";
import { namesIn } from "../azure/flexibleServer.ts";
import { API_VERSION } from "../azure/resourceManager.ts";
import { UserError } from "../errors/userError.ts";
import { fieldDiff } from "../postgres/fieldDiff.ts";

/** What the engine calls for an administrator or a database of an existing server. */

/** The inputs as the engine hands them over. */
export interface ServerPartInputs {
  serverId: string;
  path: string;
  properties: Record<string, string>;
  deadlineSeconds: number;
}

/** The state. */
export interface ServerPartState extends ServerPartInputs {
  /** Whether it was there before. */
  found: boolean;
}

export async function check(_olds: ServerPartInputs, news: ServerPartInputs) {
  return { inputs: news, failures: [] };
}

export async function diff(_id: string, olds: ServerPartState, news: ServerPartInputs) {
  const { found: _, ...inputs } = olds;
  return fieldDiff(inputs, news, ["serverId", "path", "properties"]);
}

export async function create(inputs: ServerPartInputs): Promise<{ id: string; outs: ServerPartState }> {
  const step = "creating it";
  const there = await readResource(partOf(inputs, step));
  if (there) {
    requireSame(inputs, (there.properties ?? {}) as Record<string, unknown>, step);
  } else {
    await changeResource(partOf(inputs, step), { method: "PUT", body: { properties: inputs.properties } });
  }
  return { id: partOf(inputs, step).id, outs: { ...inputs, found: there !== undefined } };
}

/** Only the deadline changes in place. */
export async function update(_id: string, olds: ServerPartState, news: ServerPartInputs) {
  return { outs: { ...olds, ...news } };
}

export async function read(id: string, state: ServerPartState): Promise<dynamic.ReadResult> {
  if (!(await readResource(partOf(state, "reading it")))) return {};
  const { found: _, ...inputs } = state;
  return { id, props: state, inputs };
}

/** One that was there before stays. */
export async function remove(_id: string, state: ServerPartState): Promise<void> {
  if (!state.found) await changeResource(partOf(state, "deleting it"), { method: "DELETE" });
}

/** Azure writes some words of its own in another case, and the character set of a database in another form. */
function requireSame(inputs: ServerPartInputs, properties: Record<string, unknown>, step: string): void {
  const word = (value: unknown) => String(value).toLowerCase().replaceAll("-", "");
  const differing = Object.entries(inputs.properties).filter(([name, value]) => word(properties[name]) !== word(value));
  if (differing.length === 0) return;
  const shown = (of: Record<string, unknown>) => differing.map(([name]) => `${name} ${String(of[name])}`).join(", ");
  throw new UserError({
    code: "EP-SERVER-10",
    step,
    at: partOf(inputs, step).at,
    expected: shown(inputs.properties),
    found: shown(properties),
  });
}

function partOf({ serverId, path, deadlineSeconds }: ServerPartInputs, step: string): ForeignResource {
  const [kind = "", name = ""] = path.split("/");
  return {
    id: `${serverId}/${kind}/${encodeURIComponent(name)}`,
    apiVersion: API_VERSION,
    at: `${kind.slice(0, -1)} "${name}" of server "${namesIn(serverId).server}"`,
    step,
    deadlineSeconds,
  };
}
