import type { ErrorTable } from "./entry.ts";

/** The role of an identity: creating, binding, changing and dropping it. */
export const ROLE_ERRORS = {
  "EP-ROLE-01": {
    title: "Another resource manages the role",
    meaning: "The owner mark in the role's comment names another Pulumi resource.",
    next: 'remove the role from one of the two programs, or set onConflict to "rebind" to take it over',
  },
  "EP-ROLE-02": {
    title: "A role of this name has no Entra identity",
    meaning: "The role exists without a binding, such as a role that logs in with a password.",
    next: 'rename or drop the role; or set onConflict to "rebind", which binds it and removes its password',
  },
  "EP-ROLE-03": {
    title: "A role of this name is bound to another identity",
    meaning: "The role exists and belongs to another object id.",
    next: 'if that identity no longer exists and this one replaces it, set onConflict to "rebind"',
  },
  "EP-ROLE-04": {
    title: "The existing role has other rights",
    meaning:
      "The role was made outside Pulumi for this identity, and differs in isAdmin or isMfa. Adopting it changes neither.",
    next: "declare the role's rights in the program, or drop the role first",
  },
  "EP-ROLE-05": {
    title: "The server cannot bind the role to another identity",
    meaning: "The server lacks pgaadauth_update_principal_with_oid and refuses the security label from this login.",
    next: "run the statement that the error shows as an Entra administrator in database postgres",
  },
  "EP-ROLE-06": {
    title: "The role is not as declared after the change",
    meaning: "The role was read back in the same transaction and differs. The transaction was rolled back.",
    next: "run `pulumi up` again, or set bindBy to objectId",
  },
  "EP-ROLE-07": {
    title: "A membership cannot be revoked",
    meaning: "On PostgreSQL 16 and later only whoever granted a membership, or a member of that role, revokes it.",
    next: "let the grantor revoke it, or keep the role in memberOf",
  },
  "EP-ROLE-08": {
    title: "The role still owns objects",
    meaning: "Dropping the role would lose the objects that the error lists. Nothing was changed.",
    next: 'set onDelete to "reassign" or "drop", run `pulumi up`, then delete again',
  },
  "EP-ROLE-09": {
    title: "The administrator cannot connect to a database",
    meaning:
      "The role has rights in a database to which the administrator cannot connect, so they cannot be revoked there.",
    next: "let the database's owner run GRANT CONNECT ON DATABASE … TO the administrator, then delete again",
  },
  "EP-ROLE-10": {
    title: "No role can receive the objects",
    meaning: "The role of reassignTo does not exist, or the administrator is not a member of it.",
    next: "correct reassignTo, or grant that role to the administrator",
  },
  "EP-ROLE-11": {
    title: "Rights of the role cannot be revoked",
    meaning: "Other owners granted rights that the administrator may not revoke. All other rights are revoked.",
    next: "let each owner run REVOKE ALL ON <object> FROM the role, then delete again",
  },
  "EP-ROLE-12": {
    title: "The role to delete belongs to another identity",
    meaning: "Another role has this name now, or the role was bound to another identity outside Pulumi.",
    next: "keep the role and forget the resource: pulumi state delete <urn of the resource>",
  },
  "EP-ROLE-13": {
    title: "Another administrator made this role an administrator",
    meaning: "The administrator of this login may not alter a role that another one made an administrator.",
    next: "set isAdmin to false, run `pulumi up --refresh`, which takes that right away, then delete again",
  },
  "EP-ROLE-14": {
    title: "The identity is not in the server's directory",
    meaning: "It is new, and takes seconds to minutes to reach the directory; or its object id or name is wrong.",
    next: "compare object id and name with the identity's letter by letter; if they are right, run `pulumi up` again",
    outside: [{ text: /validate .*\b(is not|isn.t) found in the tenant/i }],
  },
  "EP-ROLE-15": {
    title: "The identity is of another type",
    meaning: "principalType is service (managed identities too), user or group.",
    next: "set principalType to the object type that the server names",
    outside: [{ text: /incorrect object type/ }],
  },
  "EP-ROLE-16": {
    title: "The server cannot query the directory",
    meaning: "Azure Database for PostgreSQL looks principals up in the tenant with a service principal of its own.",
    next: "in a sovereign cloud, add the service principal 5657e26c-cc92-45d9-bc47-9da6cfdb4ed9 to the tenant; else retry",
    outside: [{ sqlState: "0LP01", text: /validate .*user/i }],
  },
  "EP-ROLE-17": {
    title: "A named role does not exist",
    meaning: "memberOf or reassignTo names a role that the server does not have.",
    next: "correct memberOf or reassignTo, then run `pulumi up` again",
    outside: [{ sqlState: "42704" }],
  },
  "EP-ROLE-18": {
    title: "A role of this name was made at the same moment",
    meaning: "Another session created the role between this program's look and its statement.",
    next: "run `pulumi up` again; choose another name if the role is not this program's",
    outside: [{ sqlState: "42710" }, { sqlState: "23505", text: /pg_authid_rolname_index/ }],
  },
  "EP-ROLE-19": {
    title: "An argument of EntraPrincipal is invalid",
    meaning: "The value was refused before a connection was opened.",
    next: "correct the property that the error names",
  },
  "EP-ROLE-20": {
    title: "The role's new name belongs to another role",
    meaning: "A role is renamed in place, with its rights and objects, and another role has the new name.",
    next: "choose another name for the VM or identity, or drop the other role",
  },
  "EP-ROLE-21": {
    title: "Several principals of the tenant have the identity's name",
    meaning: "Azure creates no role by a display name that is not unique in the tenant.",
    next: 'set bindBy to "objectId", or create the role by pgaadauth_create_principal_with_oid',
    outside: [{ text: /validate .*\b(is not|isn.t) unique in the tenant/i }],
  },
} as const satisfies ErrorTable;
