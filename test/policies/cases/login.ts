import { type Given, UNKNOWN, UNKNOWN_OBJECT } from "../judged.ts";
import { each, PASS, type RuleCases, refuse, wait } from "./case.ts";
import { machine, principal, resource, server } from "./given.ts";

const authConfig = { activeDirectoryAuth: "Enabled", passwordAuth: "Disabled" };

const ADMINISTRATOR = "azure-native:dbforpostgresql:AdministratorsMicrosoftEntra";
const withType = (principalType: unknown) => resource(ADMINISTRATOR, "admin")({ principalType });

const shown = (name: string, inputs: Record<string, unknown> = { serverName: `pg_${name}` }): Given => ({
  ...server(),
  name,
  inputs,
});
const ofOne: Given = {
  type: ADMINISTRATOR,
  name: "admins",
  inputs: { serverName: UNKNOWN },
  from: { serverName: ["one"] },
};
/** An administrator whose server is written out. */
const of = (serverName: unknown): Given => ({ ...ofOne, inputs: { serverName }, from: {} });
const { inputs: _, ...unseen } = { ...ofOne, name: "unseen" };
const noAdministrator = (name: string) => `"${name}" has no Microsoft Entra administrator.`;

const ID = "aaaaaaaa-0000-4000-8000-00000000000a";
const OTHER = "bbbbbbbb-0000-4000-8000-00000000000b";
const administrator = (objectId: unknown, from: string[] = []): Given => ({
  ...resource(ADMINISTRATOR, "admin")({ objectId }),
  from: { objectId: from },
});
const identity = resource("azure-native:managedidentity:UserAssignedIdentity", "identity");
const site = resource("azure-native:web:WebApp", "site");
const group = resource("azuread:index/group:Group", "admins");
const isAdministrator = (name: string) => `"admin" makes the identity of "${name}" an administrator of the server.`;

const label = resource("postgresql:index/securityLabel:SecurityLabel", "label");
const labelled = (text: unknown) => label({ labelProvider: "pgaadauth", label: text });

export const loginCases: RuleCases = {
  "entra-only-authentication": {
    "each setting and its absence is named": [
      [server({ authConfig }), PASS],
      [server({ authConfig: { ...authConfig, passwordAuth: "Enabled" } }), refuse(/accepts passwords.*Disabled"\.$/)],
      [
        server({ authConfig: { ...authConfig, activeDirectoryAuth: "Disabled" } }),
        refuse(/does not accept .*Enabled"\.$/),
      ],
      [server(), refuse(/does not accept Microsoft Entra tokens/, /accepts passwords/)],
    ],
    "a password administrator is refused": each(
      ["administratorLogin", "administratorLoginPassword"],
      (name) => server({ authConfig, [name]: "secret" }),
      refuse(/leave administratorLogin(Password)? out/),
    ),
    "known values are judged, unknown ones wait for up": [
      [
        server({ authConfig: { activeDirectoryAuth: UNKNOWN, passwordAuth: "Enabled" } }),
        wait(/authConfig\.activeDirectoryAuth of "db" \(azure-native:dbforpostgresql:Server\)/, /accepts passwords/),
      ],
      [server({ authConfig: UNKNOWN_OBJECT }), wait(/authConfig of "db"/)],
    ],
  },
  "entra-administrator": {
    "each server needs an administrator of its own": [
      [[shown("one"), ofOne], PASS],
      [[shown("one"), { ...ofOne, type: "azure-native:dbforpostgresql/v20221201:Administrator" }], PASS],
      [[shown("one"), shown("two"), ofOne], refuse(noAdministrator("two"))],
      [[shown("one")], refuse(noAdministrator("one"))],
    ],
    "a server's name that is written out is compared": [
      [[shown("one"), of("PG_one")], PASS],
      [[shown("one"), of("pg_elsewhere")], refuse()],
      [[{ ...shown("one", {}), props: { name: "pg_one" } }, of("pg_one")], PASS],
    ],
    "an administrator without shown inputs counts unless it comes from another server": [
      [[shown("one"), { ...unseen, from: {} }], PASS],
      [[shown("one"), shown("two"), unseen], refuse(noAdministrator("two"))],
    ],
    "unknown names wait for up": [
      [[shown("one"), of(UNKNOWN)], wait(/serverName of "admins"/)],
      [
        [{ ...shown("one", {}), props: { name: UNKNOWN } }, of("pg_one")],
        wait(/name of "one" \(azure-native:.*:Server\)/),
      ],
    ],
  },
  "administrator-no-lone-user": {
    "a user is refused, a group or a service passes": [
      [withType("User"), refuse('"admin" makes a single user an administrator in prod: name a group or a service.')],
      ...each(["Group", "ServicePrincipal"], withType, PASS),
    ],
    "an unknown type waits for up unless the environment decides": [
      [withType(UNKNOWN), wait(/principalType of "admin"/)],
      [withType(UNKNOWN), PASS, { environment: "dev" }],
    ],
  },
  "no-application-administrator": {
    "an application's object id is refused in any case": [
      ...[
        principal({ objectId: ID.toUpperCase() }),
        machine({ identity: { principalId: ID } }),
        machine({ identity: { userAssignedIdentities: { "/some/id": { principalId: ID } } } }),
        identity({ principalId: ID }),
        site({ identity: { principalId: ID } }),
      ].flatMap((given) => each([given], () => [administrator(ID), given], refuse(isAdministrator(given.name ?? "")))),
      [[administrator(ID.toUpperCase()), principal({ objectId: ID })], refuse()],
    ],
    "other object ids and machines without an identity pass": [
      [[administrator(ID), principal({ objectId: OTHER }), machine(), identity({ principalId: OTHER })], PASS],
      [[administrator(UNKNOWN, ["admins"]), group({ objectId: ID })], PASS],
    ],
    "an object id that comes from an application is refused before it is known": [
      [[administrator(UNKNOWN, ["vm"]), machine({ identity: { principalId: UNKNOWN } })], refuse()],
      [[administrator(UNKNOWN, ["site"]), site({ identity: UNKNOWN_OBJECT })], refuse()],
    ],
    "an unknown identity waits for up beside one that is known": [
      [
        [administrator(ID), machine({ identity: { principalId: UNKNOWN } }), principal({ objectId: ID })],
        wait(/identity\.principalId of "vm" \(azure-native:compute:VirtualMachine\)/, isAdministrator("orders")),
      ],
      [[administrator(UNKNOWN), principal({ objectId: ID })], wait(/objectId of "admin"/)],
      [[administrator(ID), site({ identity: UNKNOWN_OBJECT })], wait(/identity of "site"/)],
    ],
  },
  "no-admin-principal": {
    "a principal that is an administrator is refused": [
      [principal({ isAdmin: true }), refuse(/isAdmin must be false/)],
      ...each([{ isAdmin: false }, {}], principal, PASS),
      [principal({ isAdmin: UNKNOWN }), wait(/isAdmin of "orders"/)],
    ],
    "a security label with the word admin is refused": [
      ...each(
        ["aadauth,oid=1,type=service,admin", "aadauth, oid=1, type=service, Admin"],
        labelled,
        refuse(/take the word admin out/),
      ),
      ...each(["aadauth,oid=1,type=service", "aadauth,oid=administrator,type=service"], labelled, PASS),
      [labelled(UNKNOWN), wait(/label of "label"/)],
      ...each(["admin", UNKNOWN], (text) => label({ labelProvider: "selinux", label: text }), PASS),
    ],
  },
};
