import type { dynamic } from "@pulumi/pulumi";
import { changeResource, type ForeignResource, readResource } from "../azure/azureChange.ts";
import { namesIn, serverIdProblem } from "../azure/flexibleServer.ts";
import { API_VERSION } from "../azure/resourceManager.ts";
import { UserError } from "../errors/userError.ts";
import { fieldDiff, UNKNOWN } from "../postgres/fieldDiff.ts";

/** What the engine calls for the Microsoft Entra logins of an existing server. */

/** The inputs as the engine hands them over. */
export interface ServerEntraLoginInputs {
  serverId: string;
  tenantId: string;
  deadlineSeconds: number;
}

/** Part of the server's `authConfig`. */
interface AuthConfig {
  activeDirectoryAuth?: string;
  tenantId?: string;
}

/** The state: what the server had before, where this resource changed it. */
export interface ServerEntraLoginState extends ServerEntraLoginInputs {
  former?: AuthConfig;
}

export async function check(_olds: ServerEntraLoginInputs, news: ServerEntraLoginInputs) {
  const reason = (news.serverId as unknown) === UNKNOWN ? undefined : serverIdProblem(String(news.serverId));
  return { inputs: news, failures: reason ? [{ property: "serverId", reason: `${reason} (EP-SERVER-05)` }] : [] };
}

export async function diff(_id: string, olds: ServerEntraLoginState, news: ServerEntraLoginInputs) {
  const { serverId, tenantId, deadlineSeconds } = olds;
  return fieldDiff({ serverId, tenantId, deadlineSeconds }, news, ["serverId", "tenantId"]);
}

export async function create(inputs: ServerEntraLoginInputs): Promise<{ id: string; outs: ServerEntraLoginState }> {
  const step = "enabling Microsoft Entra logins";
  const server = await readResource(serverOf(inputs, step));
  if (!server) throw missing(inputs, step);
  const { activeDirectoryAuth = "Disabled", tenantId = "" } = authOf(server);
  if (activeDirectoryAuth === "Enabled") return { id: inputs.serverId, outs: inputs };
  await setAuth(inputs, step, { activeDirectoryAuth: "Enabled", tenantId: inputs.tenantId });
  return { id: inputs.serverId, outs: { ...inputs, former: { activeDirectoryAuth, tenantId } } };
}

/** Only the deadline changes in place. */
export async function update(_id: string, olds: ServerEntraLoginState, news: ServerEntraLoginInputs) {
  return { outs: { ...olds, ...news } };
}

/** Nothing where the server is gone or takes no tokens any more: the next `up` then enables them again. */
export async function read(id: string, state: ServerEntraLoginState): Promise<dynamic.ReadResult> {
  const server = await readResource(serverOf(state, "reading the server's logins"));
  if (!server || authOf(server).activeDirectoryAuth !== "Enabled") return {};
  const { former: _, ...inputs } = state;
  return { id, props: state, inputs };
}

/** Gives the server back as it was. */
export async function remove(_id: string, state: ServerEntraLoginState): Promise<void> {
  const step = "disabling Microsoft Entra logins";
  if (!state.former || !(await readResource(serverOf(state, step)))) return;
  await setAuth(state, step, state.former);
}

function authOf(server: Record<string, unknown>): AuthConfig {
  return (server.properties as { authConfig?: AuthConfig } | undefined)?.authConfig ?? {};
}

function setAuth(inputs: ServerEntraLoginInputs, step: string, authConfig: AuthConfig): Promise<void> {
  return changeResource(serverOf(inputs, step), { method: "PATCH", body: { properties: { authConfig } } });
}

function serverOf({ serverId, deadlineSeconds }: ServerEntraLoginInputs, step: string): ForeignResource {
  return { id: serverId, apiVersion: API_VERSION, at: `server "${namesIn(serverId).server}"`, step, deadlineSeconds };
}

function missing(inputs: ServerEntraLoginInputs, step: string): UserError {
  const { at } = serverOf(inputs, step);
  return new UserError({
    code: "EP-SERVER-06",
    step,
    at,
    expected: "the server to exist",
    found: "Azure says that it does not",
  });
}
