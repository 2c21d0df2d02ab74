import { type Change, ORDERS, OWN_SCHEMA, withSchemas } from "./change.ts";

/** Everything with a name gets another one. */
export const NAME_CHANGES: readonly Change[] = [
  {
    rows: [
      {
        change: "schema renamed (`schemas[].schema`)",
        happens: "the schema and its four roles are renamed in place",
        stays: "tables, rights, members, login settings",
      },
    ],
    steps: [{ config: { apps: [ORDERS], schemas: [{ name: "orders", schema: "sales" }] } }],
  },
  {
    rows: [
      {
        change: "database of an empty schema (`schemas[].database`)",
        happens: "the schema is deleted and created in the other database",
        stays: "nothing was in it",
      },
    ],
    from: withSchemas({ name: "spare" }),
    steps: [{ config: withSchemas({ name: "spare", database: "depot" }) }],
  },
  {
    rows: [
      {
        change: "database of a schema with tables",
        happens: "refused before the schema changes (EP-ACCESS-05)",
        stays: "everything; the old value repairs the stack",
      },
    ],
    steps: [
      {
        config: { apps: [ORDERS], schemas: [{ name: "orders", database: "depot" }] },
        refused: "EP-ACCESS-05",
        adds: true,
      },
    ],
  },
  {
    rows: [
      {
        change: "application renamed, with `formerName`",
        happens: "its resources are renamed in the state; its firewall rule is replaced",
        stays: "VM, identity, role, schema (named in `schemas`), tables",
      },
    ],
    steps: [
      {
        config: {
          apps: [{ ...ORDERS, name: "shop", formerName: "orders", schema: "orders" }],
          schemas: [OWN_SCHEMA],
        },
      },
      { config: { apps: [{ ...ORDERS, formerName: "shop" }], schemas: [OWN_SCHEMA] } },
    ],
  },
  {
    rows: [
      {
        change: "VM renamed (`apps[].vmName`)",
        happens: "the VM is replaced; the role of the new name takes the place of the old one",
        stays: "schema, tables, which belong to the migrator's role",
      },
    ],
    steps: [{ config: { apps: [{ ...ORDERS, vmName: "orders-vm-2" }], schemas: [OWN_SCHEMA] } }],
  },
];
