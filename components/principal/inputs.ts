import type { AdminEndpoint } from "./adminSession.ts";
import { type Binding, PRINCIPAL_TYPES } from "./catalog.ts";
import { roleNameProblem, show } from "./roleName.ts";

/** The resource's inputs as the engine hands them over: plain values, every default filled in. */
export interface PrincipalInputs extends AdminEndpoint, Binding {
  clientId?: string | undefined;
  /** `name` or `objectId`: which of the service's two functions makes the role. */
  bindBy: string;
  /** `refuse` or `rebind`: what happens to a role of that name that is bound to another identity. */
  onConflict: string;
  /** Seconds to wait for a new identity to reach the directory that the server asks. */
  waitSeconds: number;
}

export const BIND_BY = ["name", "objectId"];
export const ON_CONFLICT = ["refuse", "rebind"];

/** What stands for a value that is not known before `up`; it looks like a GUID, so it is asked for before all else. */
export const UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

const GUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** Everything wrong with the inputs, each with its property. Values that are not known yet pass. */
export function inputProblems(inputs: PrincipalInputs): { property: string; reason: string }[] {
  const problems: { property: string; reason: string }[] = [];
  const require = (property: keyof PrincipalInputs, reason: string | undefined | false) => {
    if (reason && inputs[property] !== UNKNOWN) {
      problems.push({ property, reason });
    }
  };
  require("roleName", roleNameProblem(inputs.roleName));
  require("roleName", inputs.roleName === inputs.adminUser &&
    `${show(inputs.roleName)} is the administrator that this login uses; an application needs a role of its own`);
  require("objectId", !GUID.test(inputs.objectId) &&
    `${show(inputs.objectId)} is not an object id: a GUID such as 11111111-2222-3333-4444-555555555555`);
  require("objectId", inputs.clientId !== UNKNOWN &&
    inputs.clientId !== undefined &&
    sameGuid(inputs.objectId, inputs.clientId) &&
    `${inputs.objectId} is the client id (application id) of the identity; give its object id (principal id)`);
  require("principalType", oneOf(inputs.principalType, PRINCIPAL_TYPES));
  require("bindBy", oneOf(inputs.bindBy, BIND_BY));
  require("onConflict", oneOf(inputs.onConflict, ON_CONFLICT));
  require("waitSeconds", !(inputs.waitSeconds >= 0 && inputs.waitSeconds <= 3600) &&
    `${inputs.waitSeconds} is not a number of seconds from 0 to 3600`);
  return problems;
}

/** Object ids are the same in upper and lower case. */
export function sameGuid(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}

function oneOf(value: string, allowed: string[]): string | false {
  return !allowed.includes(value) && `${show(value)} is not one of: ${allowed.join(", ")}`;
}
