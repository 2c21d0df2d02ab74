import { serverIdProblem } from "../azure/flexibleServer.ts";
import { administratorsProblem } from "../postgres/administrator.ts";
import type { Subject } from "../postgres/errorLocation.ts";
import { UNKNOWN } from "../postgres/fieldDiff.ts";
import { memberNameProblem, show } from "../postgres/roleName.ts";
import { grantProblems } from "./privilegeWords.ts";
import { isProfile, type ObjectType, PROFILES, type Profile } from "./profiles.ts";
import { databaseNameProblem, profileRoleProblem, schemaNameProblem } from "./schemaName.ts";

/** Privileges by kind of object: `{ table: ["SELECT"] }`. */
export type RightsByKind = Partial<Record<ObjectType, string[]>>;

/** A role that is a member of a schema's roles. */
export interface Member {
  profile: string;
  /** PostgreSQL's oid of the role, so that a role that was dropped and made again is a change. */
  oid?: string | undefined;
}

/** The declared state of a schema, as the engine hands it over: plain values, every default filled in. */
export interface AccessInputs extends Subject {
  schema: string;
  /** Names of the profiles' roles. */
  roles: Record<Profile, string>;
  /** What each profile's role may do, beyond the roles that it is a member of. */
  rights: Record<Profile, RightsByKind>;
  /** Further rights, by role, then by kind of object (`table`: all of them) or by object (`table item`). */
  grants: Record<string, Record<string, string[]>>;
  /** By name of the role that logs in. */
  members: Record<string, Member>;
  /** What a delete does with a schema that contains objects: one of {@link ON_DELETE}. */
  onDelete: string;
  /** Whether the database stays when its last schema is deleted. */
  databaseStays: boolean;
  /** Who manages the schema: the URN of the resource. */
  owner: string;
  /** ARM id of the server, to ask Azure whether it still exists. */
  serverId?: string | undefined;
}

/** What an operation keeps to recognise its roles and its schema, whatever they are called by then. */
export interface Remembered {
  /** Of the owner mark. */
  instance: string;
  roleOids?: Partial<Record<Profile, string>> | undefined;
  schemaOid?: string | undefined;
}

/** The resource's state. */
export interface AccessState extends AccessInputs, Remembered {
  /** After a refresh: rights that others were given outside Pulumi. */
  others?: string[] | undefined;
  /** After a refresh: an owner mark was removed outside Pulumi. */
  unmarked?: boolean | undefined;
}

/** What a delete does with a schema that contains objects. */
export const ON_DELETE = ["refuse", "drop", "retain"];

/** All problems of the inputs, each with its property. Values that are not known yet pass. */
export function inputProblems(inputs: AccessInputs): { property: string; reason: string }[] {
  const problems: { property: string; reason: string }[] = [];
  const require = (property: string, value: unknown, problem: (value: string) => string | undefined) => {
    const reason = typeof value === "string" && value !== UNKNOWN ? problem(value) : undefined;
    if (reason) problems.push({ property, reason });
  };
  require("schema", inputs.schema, schemaNameProblem);
  require("database", inputs.database, databaseNameProblem);
  require("serverId", inputs.serverId, serverIdProblem);
  require("onDelete", inputs.onDelete, (word) =>
    ON_DELETE.includes(word) ? undefined : `${JSON.stringify(word)} is not one of: ${ON_DELETE.join(", ")}`);
  const roles = knownEntries(inputs.roles);
  for (const [, role] of roles) require("rolePrefix", role, profileRoleProblem);
  for (const [name, member] of knownEntries(inputs.members)) {
    require("members", name, memberNameProblem);
    require("members", member.profile, (word) => prefixed(`gives ${show(name)} a profile that`, profileProblem(word)));
    if (roles.some(([, role]) => role === name)) {
      problems.push({ property: "members", reason: `names ${show(name)}, one of the schema's own roles` });
    }
  }
  for (const [role, rights] of knownEntries(inputs.grants)) {
    const own = roles.find(([, name]) => name === role)?.[0];
    if (own) {
      const reason = `${show(role)} is the role of profile ${own}, whose rights are fixed; grant to another role, which may be a member of it`;
      problems.push({ property: "grants", reason });
    }
    for (const [what, privileges] of Object.entries(rights)) {
      const [, objectType = what, object] = /^(\w+)(?: (.*))?$/s.exec(what) ?? [];
      const objects = object === undefined ? undefined : [object];
      for (const reason of grantProblems({ role, objectType, objects, privileges })) {
        problems.push({ property: "grants", reason: `to ${show(role)} on ${show(what)} ${reason}` });
      }
    }
  }
  const listed: unknown = inputs.administrators;
  const odd = Array.isArray(listed) ? administratorsProblem(listed, UNKNOWN) : undefined;
  if (odd) problems.push({ property: "administrators", reason: odd });
  return problems;
}

function profileProblem(word: string): string | undefined {
  return isProfile(word) ? undefined : `is ${show(word)}; allowed: ${PROFILES.join(", ")}`;
}

function prefixed(words: string, problem: string | undefined): string | undefined {
  return problem && `${words} ${problem}`;
}

/** A map that a preview does not know yet has no entries. */
function knownEntries<Value>(map: Record<string, Value> | undefined): [string, Value][] {
  return typeof map === "object" && map !== null ? Object.entries(map).filter(([, value]) => value !== UNKNOWN) : [];
}
