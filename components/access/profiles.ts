/** Kinds of object on which a profile has rights. */
export type ObjectType = "database" | "schema" | "table" | "sequence" | "function";

/** Privileges on one kind of object. */
export interface Right {
  objectType: ObjectType;
  privileges: readonly string[];
}

/** The profiles, each including the ones before it; an owner is also a member of the migrator's role. */
export const PROFILES = ["reader", "writer", "migrator", "owner"] as const;

/** One of {@link PROFILES}. */
export type Profile = (typeof PROFILES)[number];

/**
 * What each profile may do beyond the one before it. `table` includes views, `function` procedures; rights on tables, sequences and functions hold for
 * those of the schema that are there and for those that the {@link CREATOR} makes later.
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
  // It owns the schema.
  owner: [],
};

/** The profile whose role creates, and so owns, every table of the schema: one owner, so that one migrator can alter what another created. */
export const CREATOR = "migrator" satisfies Profile;

/** Kinds of object that are made later and so have default privileges. */
export const MADE_LATER: readonly ObjectType[] = ["table", "sequence", "function"];

/** Whether this is the name of a profile. */
export function isProfile(word: string): word is Profile {
  return (PROFILES as readonly string[]).includes(word);
}

/** The profiles whose roles a principal with this profile is a member of. An owner is a migrator, too. */
export function joinedProfiles(profile: Profile): readonly Profile[] {
  return profile === "owner" ? [CREATOR, "owner"] : [profile];
}

/** Whether a principal with this profile acts as the creator from its login on, so that what it makes belongs to that role. */
export function actsAsCreator(profile: Profile): boolean {
  return joinedProfiles(profile).includes(CREATOR);
}
