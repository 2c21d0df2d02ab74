import assert from "node:assert/strict";
import { type Change, ORDERS, OWN_SCHEMA, withSchemas } from "./change.ts";
import type { Config } from "./trial.ts";

const withApps = (...apps: object[]): Config => ({ apps: [ORDERS, ...apps], schemas: [OWN_SCHEMA, { name: "spare" }] });

/** Who works in a schema, and with which profile. */
export const MEMBER_CHANGES: readonly Change[] = [
  {
    rows: [
      {
        change: "profile through reader, writer, owner and back to migrator",
        happens: "memberships and login settings change in place; the connection test runs again",
        stays: "tables and their owner",
      },
    ],
    steps: ["reader", "writer", "owner"].map((profile) => ({
      config: { apps: [{ ...ORDERS, profile }], schemas: [OWN_SCHEMA] },
    })),
  },
  {
    rows: [
      {
        change: "application added to the schema, moved to another schema, removed",
        happens: "VM, identity and role are created; the membership moves; they are deleted",
        stays: "the schema, its other members, tables",
      },
      {
        change: "one application serves and one reads a schema that another migrates",
        happens: "two VMs, identities and roles are created",
        stays: "the schema, its other members, tables",
      },
    ],
    from: withSchemas({ name: "spare" }),
    steps: [
      {
        config: withApps(
          { name: "api", profile: "writer", vmName: "api-vm", schema: "orders" },
          { name: "bi", profile: "reader", vmName: "bi-vm", schema: "orders" },
        ),
        check: async (trial) => {
          await trial.asIdentity("INSERT INTO item VALUES (101); DELETE FROM item WHERE n = 101", ["api-vm"]);
          assert.equal((await trial.asIdentity("SELECT n FROM item", ["bi-vm"])).length, 100);
          await assert.rejects(trial.asIdentity("DELETE FROM item", ["bi-vm"]), { code: "42501" });
        },
      },
      {
        config: withApps({ name: "api", profile: "writer", vmName: "api-vm", schema: "spare" }),
        check: (trial) => assert.rejects(trial.asIdentity("SELECT n FROM orders.item", ["api-vm"]), { code: "42501" }),
      },
    ],
  },
];
