import assert from "node:assert/strict";
import { join } from "node:path";
import type { PrincipalInputs } from "../../components/principal/inputs.ts";
import { POSTGRES_VERSIONS } from "../../sandbox/postgres/binaries.ts";
import { FlexibleServer } from "../../sandbox/postgres/flexibleServer.ts";
import type { FaultContext } from "./context.ts";

/** Who made a role and who granted what decides what an administrator may do to it, by rules that PostgreSQL 16 made new. */
const OTHERS = `
  CREATE ROLE dba LOGIN CREATEROLE;
  CREATE ROLE readers; CREATE ROLE writers; CREATE ROLE by_others;
  GRANT readers, writers, by_others TO azure_pg_admin WITH ADMIN TRUE, INHERIT FALSE, SET FALSE;
  GRANT by_others TO dba WITH ADMIN TRUE;`;

/**
 * A role from its making to its end on a server of one version, with memberships that were given by others and with the ADMIN option.
 *
 * @returns what was found after each step, free of everything that differs from run to run
 */
async function life(context: FaultContext, server: FlexibleServer): Promise<unknown[]> {
  const found: unknown[] = [];
  await server.asService(OTHERS);
  const identity = context.identity();
  const inputs: PrincipalInputs = {
    ...context.inputs(identity),
    port: server.port,
    roleName: "app",
    bindBy: "objectId",
    memberOf: ["readers"],
  };
  const stack = context.stack();
  const step = async (name: string, work: Promise<unknown>) => {
    const answer = await work;
    const rights = await server.asService(
      `SELECT rolcanlogin AS login, rolcreaterole AS roles, rolcreatedb AS databases,
              array(SELECT g.rolname::text FROM pg_auth_members m JOIN pg_roles g ON g.oid = m.roleid
                     WHERE m.member = r.oid ORDER BY 1) AS "memberOf",
              array(SELECT g.rolname || CASE WHEN m.admin_option THEN ' with admin' ELSE '' END
                      FROM pg_auth_members m JOIN pg_roles g ON g.oid = m.member WHERE m.roleid = r.oid ORDER BY 1) AS members
         FROM pg_roles r WHERE rolname = 'app'`,
    );
    found.push([name, answer, rights]);
  };

  await step("made", stack.up(inputs));
  await server.asService("SET ROLE admin; GRANT writers TO app");
  await step("a grant made outside Pulumi is not this resource's", stack.refresh());
  await server.asService("SET ROLE admin; REVOKE writers FROM app; GRANT pg_monitor TO app");
  await step("a predefined role is seen", stack.refresh());
  await step("a predefined role is revoked", stack.up(inputs, { refresh: true }));
  await server.asService("SET ROLE dba; GRANT by_others TO app WITH ADMIN TRUE");
  await step("what is declared is there", stack.up({ ...inputs, memberOf: ["by_others", "readers"] }));
  await step(
    "a grant that the administrator cannot revoke",
    context.failure(stack.up(inputs)).then((message) => message.replace(/localhost:\d+/, "localhost")),
  );
  await server.asService("SET ROLE dba; REVOKE by_others FROM app");
  const heir = context.identity();
  await step(
    "bound to another identity",
    stack.up({ ...inputs, objectId: heir.objectId, memberOf: ["readers", "writers"] }),
  );
  await step("made an administrator", stack.up({ ...inputs, objectId: heir.objectId, isAdmin: true }));
  await step("made an ordinary role again", stack.up({ ...inputs, objectId: heir.objectId }));
  await step("nothing to do", stack.preview({ ...inputs, objectId: heir.objectId }));
  await step("deleted", stack.destroy());
  return found;
}

/** Holds the same life on every version against each other. @throws AssertionError where two versions differ */
export async function sameOnEveryVersion(context: FaultContext): Promise<void> {
  const lives: [string, unknown[]][] = [];
  for (const version of POSTGRES_VERSIONS) {
    const { directory, issuer, authority, admin } = context.server;
    const server = await FlexibleServer.open({
      name: `postgres${version}`,
      dir: join(context.server.dir, `postgres${version}`),
      directory,
      issuer,
      authority,
      address: "127.0.0.1",
      hostName: "localhost",
      port: 0,
      version,
    });
    try {
      await server.addAdministrator({
        principalName: "admin",
        objectId: admin.objectId,
        principalType: "ServicePrincipal",
        tenantId: directory.tenantId,
      });
      const [row] = await server.asService("SELECT current_setting('server_version_num')::int / 10000 AS major");
      assert.equal(row?.major, Number(version));
      lives.push([version, await life(context, server)]);
    } finally {
      await server.destroy();
    }
  }
  const [, expected] = lives.at(-1) ?? [];
  const refusal = (expected?.[5] as string[] | undefined)?.[1] ?? "";
  assert.match(refusal, /granted by role "dba".*next: +have whoever gave it take it back/s);
  assert.deepEqual(
    expected?.map((step) => (step as unknown[])[1]),
    ["create", false, true, "update", "update", refusal, "update", "update", "update", "same", undefined],
  );
  for (const [version, found] of lives) {
    assert.deepEqual(found, expected, `PostgreSQL ${version} differs`);
  }
}
