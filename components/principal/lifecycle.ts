import { inTransaction, type Session } from "./adminSession.ts";
import * as catalog from "./catalog.ts";
import { Explained } from "./explained.ts";
import { type PrincipalInputs, sameGuid } from "./inputs.ts";
import { isNotInTenant, place, sqlProblem } from "./sqlProblem.ts";

/** Tells a person what is being waited for, or what was done beside the plan. */
export type Report = (line: string) => void;

/**
 * Makes the role, or adopts it where it is already bound to this identity. Answers the server's own words.
 *
 * An identity made a moment ago may not have reached the directory that the server asks; that is waited for, up to
 * `waitSeconds`, with a new transaction each time.
 */
export async function createRole(session: Session, inputs: PrincipalInputs, report: Report): Promise<string> {
  const started = Date.now();
  for (let pause = 2; ; pause = Math.min(pause * 1.5, 15)) {
    try {
      return await inTransaction(session, () => createOrAdopt(session, inputs));
    } catch (error) {
      const waited = (Date.now() - started) / 1000;
      if (!isNotInTenant(error) || waited + pause > inputs.waitSeconds) {
        throw sqlProblem(inputs, "creating the role", error);
      }
      report(
        `waiting for "${inputs.roleName}" to reach the directory, ${Math.round(waited)} s of ${inputs.waitSeconds} s ` +
          "(if the name holds a typing error, stop here)",
      );
      await new Promise((resolve) => setTimeout(resolve, pause * 1000));
    }
  }
}

async function createOrAdopt(session: Session, inputs: PrincipalInputs): Promise<string> {
  await catalog.lockName(session, inputs.roleName);
  const existing = await catalog.findRole(session, inputs.roleName);
  if (existing) {
    return await adopt(session, inputs, existing);
  }
  let message: string;
  if (inputs.bindBy === "name") {
    await session.query("SAVEPOINT by_name");
    message = await catalog.createByName(session, inputs);
    const made = await catalog.findRole(session, inputs.roleName);
    if (made?.principal && !sameGuid(made.principal.objectId, inputs.objectId)) {
      // Display names are not unique in a tenant: the service chose a namesake. An object id has no namesakes.
      await session.query("ROLLBACK TO SAVEPOINT by_name");
      message = await catalog.createByObjectId(session, inputs);
    }
  } else {
    message = await catalog.createByObjectId(session, inputs);
  }
  await requireBinding(session, inputs);
  return message;
}

async function adopt(session: Session, inputs: PrincipalInputs, existing: catalog.RoleState): Promise<string> {
  const { principal } = existing;
  if (!principal) {
    throw new Explained({
      step: "creating the role",
      at: place(inputs),
      expected: "no role of that name, or one that is bound to this identity",
      found: "a role that is bound to no Entra identity, such as one that logs in with a password",
      remedy: `rename or drop it first, as an administrator: DROP ROLE "${inputs.roleName}"`,
    });
  }
  if (!sameGuid(principal.objectId, inputs.objectId)) {
    if (inputs.onConflict !== "rebind") {
      throw new Explained({
        step: "creating the role",
        at: place(inputs),
        expected: `no role of that name, or one bound to object id ${inputs.objectId}`,
        found: `a role bound to object id ${principal.objectId}`,
        remedy: 'if that identity is gone and this one takes its place, set onConflict to "rebind"',
      });
    }
    await rebindRole(session, inputs);
    return `Rebound role "${inputs.roleName}" from object id ${principal.objectId} to ${inputs.objectId}`;
  }
  if (principal.isAdmin !== inputs.isAdmin || principal.isMfa !== inputs.isMfa) {
    throw new Explained({
      step: "adopting the role",
      at: place(inputs),
      expected: `isAdmin ${inputs.isAdmin}, isMfa ${inputs.isMfa}`,
      found: `isAdmin ${principal.isAdmin}, isMfa ${principal.isMfa}, on a role that this stack did not make`,
      remedy: "say the same in the program, or drop the role first",
    });
  }
  return `Adopted role "${inputs.roleName}", which was bound to this identity already`;
}

/** Binds the role to the object id in `inputs`, in place: grants and ownership stay. */
export async function updateRole(session: Session, inputs: PrincipalInputs): Promise<void> {
  try {
    await inTransaction(session, async () => {
      await catalog.lockName(session, inputs.roleName);
      if (await catalog.findRole(session, inputs.roleName)) {
        await rebindRole(session, inputs);
      } else {
        await createOrAdopt(session, inputs);
      }
    });
  } catch (error) {
    throw sqlProblem(inputs, "binding the role to its new identity", error);
  }
}

async function rebindRole(session: Session, inputs: PrincipalInputs): Promise<void> {
  if (!(await catalog.canRebind(session))) {
    throw new Explained({
      step: "binding the role to its new identity",
      at: place(inputs),
      expected: "the function pgaadauth_update_principal_with_oid on the server",
      found: "a server without it",
      remedy:
        `as an Entra administrator in database postgres: SECURITY LABEL FOR "pgaadauth" ON ROLE "${inputs.roleName}" ` +
        `IS 'aadauth,oid=${inputs.objectId},type=${inputs.principalType}'`,
    });
  }
  await catalog.rebind(session, inputs);
  await requireBinding(session, inputs);
}

/** Reads back what the service made: nothing is believed because a call returned. */
async function requireBinding(session: Session, inputs: PrincipalInputs): Promise<void> {
  const made = await catalog.findRole(session, inputs.roleName);
  if (!made?.principal || !sameGuid(made.principal.objectId, inputs.objectId)) {
    throw new Explained({
      step: "reading the role back",
      at: place(inputs),
      expected: `the role to be bound to object id ${inputs.objectId}`,
      found: made?.principal ? `object id ${made.principal.objectId}` : made ? "no binding" : "no such role",
      remedy: "nothing was kept; run `pulumi up` again, or set bindBy to objectId",
    });
  }
}

/**
 * Drops the role after ending its sessions and revoking what it was granted, in every database.
 *
 * @param revokeIn opens a session in another database and revokes there.
 * @throws {Explained} while the role owns objects, or when it is bound to another identity by now.
 */
export async function deleteRole(
  session: Session,
  inputs: PrincipalInputs,
  revokeIn: (database: string) => Promise<void>,
  report: Report,
): Promise<void> {
  try {
    const existing = await catalog.findRole(session, inputs.roleName);
    if (!existing) {
      return;
    }
    if (existing.principal && !sameGuid(existing.principal.objectId, inputs.objectId)) {
      throw new Explained({
        step: "dropping the role",
        at: place(inputs),
        expected: `the role to be bound to object id ${inputs.objectId}, as when it was made here`,
        found: `object id ${existing.principal.objectId}: the role is somebody else's by now`,
        remedy: "leave it to them: pulumi state delete <urn of this resource>",
      });
    }
    const dependencies = await catalog.dependencies(session, inputs.roleName);
    const owning = dependencies.filter((d) => d.owned > 0);
    if (owning.length > 0) {
      throw new Explained({
        step: "dropping the role",
        at: place(inputs),
        expected: "a role that owns nothing, so that no data can be lost",
        found: owning.map((d) => `${d.owned} object(s) in database ${d.database || "(shared)"}`).join(", "),
        remedy: `give them to another role in each database: REASSIGN OWNED BY "${inputs.roleName}" TO <role>`,
      });
    }
    for (const { database } of dependencies) {
      await revokeIn(database || inputs.database);
    }
    const ended = await catalog.endSessions(session, inputs.roleName);
    if (ended > 0) {
      report(`ended ${ended} open session(s) of role "${inputs.roleName}"`);
    }
    await catalog.dropRole(session, inputs.roleName);
  } catch (error) {
    throw sqlProblem(inputs, "dropping the role", error);
  }
}
