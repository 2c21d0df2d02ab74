import { serverIdProblem } from "../azure/flexibleServer.ts";
import { isGuid, sameGuid } from "../azure/objectId.ts";
import { administratorsProblem } from "../postgres/administrator.ts";
import type { AdminEndpoint } from "../postgres/adminSession.ts";
import { UNKNOWN } from "../postgres/fieldDiff.ts";
import { loginNameProblem, memberNameProblem, roleNameProblem, show } from "../postgres/roleName.ts";
import { PRINCIPAL_TYPES } from "./catalog.ts";
import type { Binding } from "./roleStatements.ts";

/** The resource's inputs as the engine hands them over: plain values, every default filled in. */
export interface PrincipalInputs extends AdminEndpoint, Binding {
  clientId?: string | undefined;
  /** Whether the role may log in. */
  canLogin: boolean;
  /** Roles that it is made a member of. */
  memberOf?: string[] | undefined;
  /** `name` or `objectId`: which of the server's two functions creates the role. */
  bindBy: string;
  /** `refuse` or `rebind`: what happens to a role of that name that is bound to another identity. */
  onConflict: string;
  /** `refuse`, `reassign`, `drop` or `retain`: what a delete does. */
  onDelete: string;
  /** Role that receives the objects at `reassign`; undefined: the administrator who logs in. */
  reassignTo?: string | undefined;
  /** Seconds to wait for a new identity to reach the directory that the server asks. */
  waitSeconds: number;
  /** Seconds that one operation may take in all. */
  deadlineSeconds: number;
  /** Who manages the role: the URN of the resource. */
  owner: string;
  /** ARM id of the server, to ask Azure whether it still exists. */
  serverId?: string | undefined;
}

export const BIND_BY = ["name", "objectId"];
export const ON_CONFLICT = ["refuse", "rebind"];
export const ON_DELETE = ["refuse", "reassign", "drop", "retain"];

/** The type of each input, with `?` where it is optional: a program without type checks can pass anything. */
const KINDS: Record<keyof PrincipalInputs, string> = {
  host: "string",
  port: "number",
  database: "string",
  adminUser: "string",
  administrators: "list?",
  caCert: "string?",
  roleName: "string",
  objectId: "string",
  clientId: "string?",
  principalType: "string",
  isAdmin: "boolean",
  isMfa: "boolean",
  canLogin: "boolean",
  memberOf: "list?",
  bindBy: "string",
  onConflict: "string",
  onDelete: "string",
  reassignTo: "string?",
  waitSeconds: "number",
  deadlineSeconds: "number",
  owner: "string",
  serverId: "string?",
};

/** Keys that are not arguments: the stub's text, and outputs declared to the engine. */
const NO_ARGUMENTS = ["__provider", "owner", "roleOid", "message"];

/** All problems of the inputs, each with its property. Values that are not known yet pass. */
export function inputProblems(given: PrincipalInputs): { property: string; reason: string }[] {
  const problems = kindProblems(given);
  // A value of the wrong type needs no further check.
  const inputs = { ...given, ...Object.fromEntries(problems.map(({ property }) => [property, UNKNOWN])) };
  const require = (property: keyof PrincipalInputs, reason: string | undefined | false) => {
    if (reason && inputs[property] !== UNKNOWN) {
      problems.push({ property, reason });
    }
  };
  const role = show(inputs.roleName);
  require("host", inputs.host === "" &&
    "is empty; give the server's DNS name, such as app.postgres.database.azure.com");
  require("roleName", roleNameProblem(inputs.roleName));
  require("roleName", inputs.roleName === inputs.adminUser &&
    `${role} is the administrator that this login uses; an application needs a role of its own`);
  require("roleName", Array.isArray(inputs.administrators) &&
    inputs.administrators.some((one) => one?.name === inputs.roleName) &&
    `${role} is an administrator's role; an application needs a role of its own`);
  require("adminUser", loginNameProblem(inputs.adminUser));
  require("administrators", Array.isArray(inputs.administrators) &&
    administratorsProblem(inputs.administrators, UNKNOWN));
  require("objectId", !isGuid(inputs.objectId) &&
    `${show(inputs.objectId)} is not an object id: a GUID such as 11111111-2222-3333-4444-555555555555`);
  require("objectId", inputs.clientId !== UNKNOWN &&
    inputs.clientId !== undefined &&
    sameGuid(inputs.objectId, inputs.clientId) &&
    `${inputs.objectId} is the client id (application id) of the identity; give its object id (principal id)`);
  require("principalType", oneOf(inputs.principalType, PRINCIPAL_TYPES));
  require("isMfa", inputs.isMfa === true &&
    inputs.principalType === "service" &&
    "is true for a service, whose tokens never carry a multi-factor claim: it could not log in");
  require("bindBy", oneOf(inputs.bindBy, BIND_BY));
  require("onConflict", oneOf(inputs.onConflict, ON_CONFLICT));
  require("onDelete", oneOf(inputs.onDelete, ON_DELETE));
  require("reassignTo", inputs.reassignTo !== undefined && memberNameProblem(inputs.reassignTo));
  require("reassignTo", inputs.reassignTo === inputs.roleName && `${role} is the role to drop`);
  require("memberOf", Array.isArray(inputs.memberOf) && membersProblem(inputs.memberOf, inputs.roleName));
  require("waitSeconds", !(inputs.waitSeconds >= 0 && inputs.waitSeconds <= 3600) &&
    `${inputs.waitSeconds} is not a number of seconds from 0 to 3600`);
  require("deadlineSeconds", !(inputs.deadlineSeconds >= 1 && inputs.deadlineSeconds <= 3600) &&
    `${inputs.deadlineSeconds} is not a number of seconds from 1 to 3600`);
  require("serverId", inputs.serverId !== undefined && serverIdProblem(inputs.serverId));
  return problems;
}

function kindProblems(given: object): { property: string; reason: string }[] {
  const values = new Map<string, unknown>(Object.entries(given));
  const known = Object.keys(KINDS).filter((key) => !NO_ARGUMENTS.includes(key));
  const strange = [...values.keys()].filter((key) => !known.includes(key) && !NO_ARGUMENTS.includes(key));
  return [
    ...strange.map((property) => ({
      property,
      reason: `is an unknown argument; valid arguments: ${known.join(", ")}`,
    })),
    ...Object.entries(KINDS).flatMap(([property, kind]) => {
      const value = values.get(property);
      const isKind = Array.isArray(value) ? "list" : typeof value;
      if (value === UNKNOWN || kind.startsWith(isKind) || (value === undefined && kind.endsWith("?"))) {
        return [];
      }
      const reason = value === undefined ? "is missing" : `${show(value)} is not a ${kind.replace("?", "")}`;
      return [{ property, reason }];
    }),
  ];
}

function membersProblem(memberOf: unknown[], roleName: string): string | undefined {
  const names = memberOf.filter((name) => name !== UNKNOWN);
  if (names.includes("azure_pg_admin")) {
    return "names azure_pg_admin; set isAdmin for that";
  }
  if (names.includes(roleName)) {
    return `names ${show(roleName)}, the role itself`;
  }
  return names.map((name) => memberNameProblem(String(name))).find((problem) => problem !== undefined);
}

function oneOf(value: string, allowed: string[]): string | false {
  return !allowed.includes(value) && `${show(value)} is not one of: ${allowed.join(", ")}`;
}
