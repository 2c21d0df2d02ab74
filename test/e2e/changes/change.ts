import type { Config, Step, Trial } from "./trial.ts";

/** A row of docs/changes.md. */
export interface Row {
  change: string;
  happens: string;
  stays: string;
}

/** Rows of docs/changes.md, and how they are tried. */
export interface Change {
  /** Several rows share one stack where each of them is still shown. */
  rows: readonly [Row, ...Row[]];
  /** The configuration before and after. @default {@link BASE} */
  from?: Config;
  /** Runs after `from` is up. */
  prepare?: (trial: Trial) => Promise<void>;
  /** Changes of the configuration, one after another. */
  steps?: readonly Step[];
  /** A change beside the configuration, made and taken back. */
  run?: (trial: Trial) => Promise<void>;
  /** Runs before the configuration goes back to `from`. */
  restore?: (trial: Trial) => Promise<void>;
}

/** The migrator of all rows. */
export const ORDERS = { name: "orders", profile: "migrator", vmName: "orders-vm" };
export const OWN_SCHEMA = { name: "orders" };

/** One migrator with its schema. */
export const BASE: Config = { apps: [ORDERS], schemas: [OWN_SCHEMA] };

/** The names of the identity of the migrator in all rows. */
export const IDENTITIES = ["orders-vm", "orders-vm-2"];

/** The migrator, and schemas beside its own. */
export const withSchemas = (...schemas: object[]): Config => ({ apps: [ORDERS], schemas: [OWN_SCHEMA, ...schemas] });

/** A group of the directory, as an administrator or as the principal of a role. */
export const groupOf = (digit: string) => ({
  objectId: `${digit.repeat(8)}-0000-4000-8000-000000000000`,
  name: `on-call-${digit}`,
  type: "Group",
});

/** Makes the groups in the directory. */
export const makeGroups =
  (...groups: ReturnType<typeof groupOf>[]) =>
  async ({ program: { sandbox } }: Trial): Promise<void> => {
    for (const { objectId, name } of groups) {
      if (!sandbox.directory.get(objectId)) sandbox.directory.add({ displayName: name, type: "group", objectId });
    }
  };

/** An application without a VM: whoever is in the group. */
export const groupApp = ({ objectId, name }: ReturnType<typeof groupOf>, more: object) => ({
  ...{ name: "people", objectId, roleName: name, principalType: "group" },
  ...more,
});
