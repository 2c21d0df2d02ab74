import assert from "node:assert/strict";
import { test } from "node:test";
import { noApplicationAdministrator as rule } from "../../policies/rules/noApplicationAdministrator.ts";
import { judgeStack, messages, UNKNOWN, UNKNOWN_OBJECT, UNTOUCHABLE } from "./judged.ts";

const ID = "aaaaaaaa-0000-4000-8000-00000000000a";
const OTHER = "bbbbbbbb-0000-4000-8000-00000000000b";
const administrator = (objectId: unknown, from: string[] = []) => ({
  type: "azure-native:dbforpostgresql:AdministratorsMicrosoftEntra",
  name: "admin",
  props: { objectId },
  from: { objectId: from },
});
const principal = (objectId: unknown) => ({
  type: "pulumi-nodejs:dynamic/entra-postgres:EntraPrincipal",
  name: "orders",
  props: { objectId },
});
const vm = (identity: unknown) => ({ type: "azure-native:compute:VirtualMachine", name: "vm", props: { identity } });
const identity = (principalId: unknown) => ({
  type: "azure-native:managedidentity:UserAssignedIdentity",
  name: "identity",
  props: { principalId },
});

test("an administrator with the object id of an application is refused, in upper case too", () => {
  const assigned = { userAssignedIdentities: { "/some/id": { principalId: ID } } };
  for (const application of [principal(ID.toUpperCase()), vm({ principalId: ID }), vm(assigned), identity(ID)]) {
    assert.deepEqual(judgeStack(rule, [administrator(ID), application]).violations, [
      {
        message: `"admin" makes the identity of "${application.name}" an administrator of the server.`,
        urn: "urn:admin",
      },
    ]);
  }
  assert.equal(judgeStack(rule, [administrator(ID.toUpperCase()), principal(ID)]).violations.length, 1);
});

test("any resource's identity counts, of whatever type", () => {
  const app = { type: "azure-native:web:WebApp", name: "site", props: { identity: { principalId: ID } } };
  assert.deepEqual(messages(judgeStack(rule, [administrator(ID), app])), [
    '"admin" makes the identity of "site" an administrator of the server.',
  ]);
  const unknown = { ...app, props: { identity: UNKNOWN_OBJECT } };
  assert.equal(judgeStack(rule, [administrator(UNKNOWN, ["site"]), unknown]).violations.length, 1);
  assert.match(judgeStack(rule, [administrator(ID), unknown]).waits ?? "", /identity of "site"/);
  const group = { type: "azuread:index/group:Group", name: "admins", props: { objectId: ID } };
  assert.deepEqual(judgeStack(rule, [administrator(UNKNOWN, ["admins"]), group]), { violations: [] });
});

test("other object ids, and machines without an identity, pass", () => {
  const stack = [administrator(ID), principal(OTHER), vm({ principalId: OTHER }), vm(undefined), identity(OTHER)];
  assert.deepEqual(judgeStack(rule, stack), { violations: [] });
});

test("an object id that comes from the application is known to be its own before it is known", () => {
  const stack = [administrator(UNKNOWN, ["vm"]), vm({ principalId: UNKNOWN })];
  const judged = judgeStack(rule, stack);
  assert.deepEqual([messages(judged).length, judged.waits], [1, undefined]);
});

test("an identity that is not known waits for up, and takes nothing from one that is", () => {
  const judged = judgeStack(rule, [administrator(ID), vm({ principalId: UNKNOWN }), principal(ID)]);
  assert.deepEqual(messages(judged), ['"admin" makes the identity of "orders" an administrator of the server.']);
  assert.match(judged.waits ?? "", /identity\.principalId of "vm" \(azure-native:compute:VirtualMachine\)/);
  assert.match(judgeStack(rule, [administrator(UNKNOWN), principal(ID)]).waits ?? "", /objectId of "admin"/);
});

test("a stack without an administrator is not looked at", () => {
  assert.match(judgeStack(rule, [{ ...vm({}), props: UNTOUCHABLE }]).notApplicable ?? "", /administrator/);
});
