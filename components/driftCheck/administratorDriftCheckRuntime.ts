import { serverIsGone } from "../azure/flexibleServer.ts";
import { UserError } from "../errors/userError.ts";
import type { Administrator } from "../postgres/administrator.ts";
import { withAdminSession } from "../postgres/adminSession.ts";
import { errorLocation, type Subject } from "../postgres/errorLocation.ts";
import { perform, report } from "../postgres/operation.ts";
import { identifier } from "../postgres/quoting.ts";

import { findAdministrators } from "./administratorCatalog.ts";
import { type DriftCheckInputs, driftCheckRuntime, listProblem } from "./driftCheck.ts";

/** What the engine calls for an `AdministratorDriftCheck`. */

/** The inputs as the engine hands them over. */
export interface AdministratorDriftCheckInputs extends Subject, DriftCheckInputs {
  administrators: Administrator[];
  serverId?: string;
}

export const { check, diff, create, update, read, remove } = driftCheckRuntime<
  Administrator,
  "administrators",
  AdministratorDriftCheckInputs
>({
  property: "administrators",
  things: "the administrators",
  server: "host",
  problems: ({ administrators }) => ({
    administrators:
      Array.isArray(administrators) && administrators.length === 0
        ? "needs at least one entry: a server has at least the administrator that deploys"
        : listProblem(administrators, ["objectId", "name", "type"]),
  }),
  location: errorLocation,
  list: (inputs, step) =>
    perform(
      {
        step,
        inputs,
        report,
        onFailure: async (failure, deadline) =>
          (await serverIsGone(inputs.serverId, failure, deadline)) ? { done: true } : undefined,
      },
      async ({ deadline, report: tell }) => {
        const { principals, others } = await withAdminSession(inputs, deadline, findAdministrators);
        for (const name of others) tell(warningOf(name));
        return principals;
      },
    ),
  key: ({ objectId }) => objectId.toLowerCase(),
  show: identityOf,
  missing: "declared, but not an administrator of the server",
  refusal: (inputs, undeclared, step) =>
    new UserError({
      code: "EP-DRIFT-01",
      step,
      at: errorLocation(inputs),
      expected: `no administrator but ${inputs.administrators.map(shown).join(", ")}`,
      found: `also ${undeclared.map(shown).join(", ")}`,
      remedy: removalOf(undeclared),
    }),
});

function removalOf([first]: Administrator[]): string {
  return (
    `to keep it, add it to moreAdministrators; to remove it: az postgres flexible-server microsoft-entra-admin delete --object-id ${first?.objectId} ` +
    "--resource-group … --server-name …; if it was created inside the database: DROP ROLE, as administrator"
  );
}

/** Not refused: Azure may have such roles of its own, and without a principal nobody logs in to a server that takes Entra tokens alone. */
function warningOf(name: string): string {
  return (
    `warning: the role "${name}" may log in and is a member of azure_pg_admin, and belongs to no Entra principal; ` +
    `if it is not Azure's own, as administrator in database postgres: REVOKE azure_pg_admin FROM ${identifier(name)};`
  );
}

function identityOf({ objectId }: Administrator): string {
  return `object id ${objectId}`;
}

function shown(one: Administrator): string {
  return `"${one.name}" (${identityOf(one)})`;
}
