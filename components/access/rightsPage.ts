import { writeFileSync } from "node:fs";
import { CREATOR, type ObjectType, PROFILES, type Profile, RIGHTS } from "./profiles.ts";

const KINDS: Record<ObjectType, string> = {
  database: "database",
  schema: "schema",
  table: "tables, views",
  sequence: "sequences",
  function: "functions, procedures",
};

/** What a member of a profile's role may do with one kind of object, the rights of the profiles before it included. */
export function rightsWithin(profile: Profile, kind: ObjectType): string[] {
  // Members of the owner's role are also members of the migrator's.
  const before = PROFILES.slice(0, PROFILES.indexOf(profile) + 1);
  return before
    .flatMap((each) => RIGHTS[each])
    .filter(({ objectType }) => objectType === kind)
    .flatMap(({ privileges }) => [...privileges])
    .sort();
}

/** The text of docs/rights.md. */
export function rightsPage(): string {
  const kinds = Object.keys(KINDS) as ObjectType[];
  const rows = PROFILES.map((profile) => {
    const cells = kinds.map((kind) => rightsWithin(profile, kind).join(", "));
    return `| ${profile} | ${cells.join(" | ")} |`;
  });
  return [
    "# Rights of the profiles",
    "",
    "`node components/access/rightsPage.ts` writes this page from `components/access/profiles.ts`, which the statements come from, too.",
    "`test/e2e/rights.test.ts` asks PostgreSQL 16, 17 and 18 for each of these rights and for every other one.",
    "",
    `| profile | ${kinds.map((kind) => KINDS[kind]).join(" | ")} |`,
    `| --- |${" --- |".repeat(kinds.length)}`,
    ...rows,
    "",
    `The rights hold for what exists, and for what the ${CREATOR}'s role creates later. Sessions of migrators and owners act as that role, so they`,
    "own what they create, with every right on it. An owner also owns the schema, after `SET ROLE NONE`. With `createSchemas: true` the",
    `${CREATOR}'s role has CREATE on the database, too. PUBLIC has none of these rights, and no right to connect.`,
    "",
  ].join("\n");
}

if (import.meta.main) {
  writeFileSync(new URL("../../docs/rights.md", import.meta.url), rightsPage());
}
