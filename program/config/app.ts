import type { Profile } from "entra-postgres/profiles";
import type { ON_DELETE } from "./appFields.ts";

/** One application: its VM, whose identity logs in, and what the identity may do. */
export interface AppSettings {
  /** Names its resources and outputs. */
  name: string;
  vmName: string;
  profile: Profile;
  database: string;
  schema: string;
  /** What happens to a schema that holds something when the application is removed. */
  onDelete: (typeof ON_DELETE)[number];
}

/** An application with its entry of the list `apps`. */
export interface AppEntry extends AppSettings {
  path: string;
  /** The parts that the entry states; the others are defaults. */
  texts: Readonly<Record<string, string>>;
}

/** The beginning of the names of the application's group roles. */
export function rolePrefix({ database, schema }: Pick<AppSettings, "database" | "schema">): string {
  return `${database}_${schema}`;
}
