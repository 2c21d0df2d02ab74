/** Kinds of object on which a profile has rights. */
export type ObjectType = "database" | "schema" | "table" | "sequence" | "function";

/** Privileges on one kind of object. */
export interface Right {
  objectType: ObjectType;
  privileges: readonly string[];
}

/** The profiles, each including the ones before it. */
export const PROFILES = ["reader", "writer", "migrator", "owner"] as const;

/** One of {@link PROFILES}. */
export type Profile = (typeof PROFILES)[number];

/**
 * What each profile may do beyond the one before it. `table` includes views; rights on tables, sequences and functions hold for
 * those of the schema that are there and for those that a {@link CREATORS | creator} makes later.
 */
export const RIGHTS: Readonly<Record<Profile, readonly Right[]>> = {
  reader: [
    { objectType: "database", privileges: ["CONNECT"] },
    { objectType: "schema", privileges: ["USAGE"] },
    { objectType: "table", privileges: ["SELECT"] },
    { objectType: "sequence", privileges: ["SELECT"] },
    { objectType: "function", privileges: ["EXECUTE"] },
  ],
  writer: [
    { objectType: "database", privileges: ["TEMPORARY"] },
    { objectType: "table", privileges: ["INSERT", "UPDATE", "DELETE"] },
    { objectType: "sequence", privileges: ["USAGE"] },
  ],
  migrator: [{ objectType: "schema", privileges: ["CREATE"] }],
  // It owns the schema, which gives it everything else.
  owner: [],
};

/** Profiles that may create in the schema. A role with one of them acts as the profile's role, which so owns what it makes. */
export const CREATORS = ["migrator", "owner"] as const satisfies readonly Profile[];

/** Kinds of object that are made later and so have default privileges. */
export const MADE_LATER: readonly ObjectType[] = ["table", "sequence", "function"];

/** Whether this is the name of a profile. */
export function isProfile(word: string): word is Profile {
  return (PROFILES as readonly string[]).includes(word);
}

/** Whether a principal with this profile is to act as the profile's role, so that what it makes belongs to that role. */
export function actsAsProfile(profile: Profile): boolean {
  return (CREATORS as readonly string[]).includes(profile);
}
