import { PROFILES, type Profile, RIGHTS } from "../../components/access/profiles.ts";
import { any, anyOf } from "../engine/judging.ts";
import { DEFAULT_PRIVILEGES, GRANT, SCHEMA, SCHEMA_ACCESS } from "../engine/resourceKind.ts";
import { benchmark, resourceRule } from "../engine/rule.ts";
import { list } from "../engine/setting.ts";

/** Kinds of object that `Grant` and `DefaultPrivileges` have. Source: their `objectType` in @pulumi/postgresql 3.18.1. */
const KINDS = [
  "database",
  "schema",
  "table",
  "column",
  "sequence",
  "function",
  "procedure",
  "routine",
  "type",
  "foreign_data_wrapper",
  "foreign_server",
];

/** Rights on a table include its columns. In GRANT, PostgreSQL's word FUNCTION covers procedures and routines in most places. */
const PART_OF: Readonly<Record<string, string>> = { column: "table", procedure: "function", routine: "function" };

export const grantsWithinProfiles = resourceRule<{ additional: string[] }>({
  name: "grants-within-profiles",
  displayName: "Grants stay within the profiles",
  description: "A grant must not be wider than the profiles reader, writer, migrator and owner.",
  severity: "high",
  remediationSteps:
    "Grant by a profile of SchemaAccess. Add an intended right beyond the profiles to the rule's `additional`, such as `table TRUNCATE`.",
  url: "https://www.postgresql.org/docs/current/ddl-priv.html",
  framework: benchmark("PA-7", "Follow just enough administration (least privilege) principle"),
  tags: ["database", "application"],
  settings: {
    additional: list(
      { type: "string", pattern: `^(${KINDS.join("|")}) [A-Z]+$` },
      [],
      "Rights beyond the profiles that may be granted, each as kind of object and privilege: `table TRUNCATE`",
    ),
  },
  looksAt: [GRANT, DEFAULT_PRIVILEGES, SCHEMA, SCHEMA_ACCESS],
  judge: ({ type, name, props }, { additional }) => {
    const isAllowed = (word: string, kind: string, profile: Profile) =>
      rightsOf(profile, kind).includes(word) || additional.includes(`${kind} ${word}`);
    if (SCHEMA.is(type)) {
      return (
        props.policies?.length > 0 &&
        `"${name}" grants by its policies, which are deprecated and may let a role grant on: leave them out, and use Grant.`
      );
    }
    if (SCHEMA_ACCESS.is(type)) {
      /** Of rights by kind of object, those that the profile does not have: "TRUNCATE on table item". */
      const beyond = (rights: Record<string, string[]>, profile: Profile) =>
        Object.entries(rights).flatMap(([what, words]) =>
          words
            .filter((word) => !isAllowed(word, what.split(" ")[0] ?? "", profile))
            .map((word) => `${word} on ${what}`),
        );
      return [
        ...PROFILES.map((profile) => () => {
          const more = beyond(props.rights?.[profile] ?? {}, profile);
          return more.length > 0 && `"${name}" gives the profile ${profile} more than it has: ${more.join(", ")}.`;
        }),
        () => {
          const more = Object.entries<Record<string, string[]>>(props.grants ?? {}).flatMap(([role, rights]) =>
            beyond(rights, "owner").map((right) => `${right} to ${role}`),
          );
          return more.length > 0 && `"${name}" grants more than any profile has: ${more.join(", ")}.`;
        },
      ];
    }
    const isWithin = (privilege: string, profile: Profile) =>
      isAllowed(String(privilege).toUpperCase(), props.objectType, profile);
    const isBeyond = (privilege: string) =>
      any(
        // A right that no profile has is refused even when the role is not known yet.
        () => !PROFILES.some((profile) => isWithin(privilege, profile)),
        () => !isWithin(privilege, profileOf(props.role) ?? "owner"),
      );
    return [
      () =>
        anyOf<string>(props.privileges, isBeyond) &&
        `"${name}" grants more on a ${props.objectType} than the profile of its role has, or than any has.`,
      () => props.withGrantOption === true && `"${name}" lets its role grant on: withGrantOption must be false.`,
    ];
  },
});

/** What a role of the profile may be granted on a kind of object: each profile includes the ones before it. */
function rightsOf(profile: Profile, objectType: string): string[] {
  const kind = PART_OF[objectType] ?? objectType;
  return PROFILES.slice(0, PROFILES.indexOf(profile) + 1)
    .flatMap((each) => RIGHTS[each])
    .filter((right) => right.objectType === kind)
    .flatMap(({ privileges }) => privileges);
}

/** The profile that the role's name ends in, as SchemaAccess names its roles: `<database>_<schema>_<profile>`. */
function profileOf(role: unknown): Profile | undefined {
  return PROFILES.find((profile) => String(role).endsWith(`_${profile}`));
}
