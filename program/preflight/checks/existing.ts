import { API_VERSION } from "../../../components/azure/resourceManager.ts";
import type { ErrorCode } from "../../../components/errors/errorTable.ts";
import { UserError } from "../../../components/errors/userError.ts";
import type { Settings } from "../../config/settings.ts";
import { NotAskable } from "../answer.ts";
import { bodyOf, objectIn, wordsOf } from "../azureAnswer.ts";
import type { Context } from "../context.ts";

/** Sources: azure-rest-api-specs, specification/compute, VirtualMachines_Get; specification/msi, UserAssignedIdentities_Get. */
const VERSIONS = { server: API_VERSION, vm: "2024-07-01", identity: "2023-01-31" };

/** A resource of another program that the configuration names, and the code for one that does not exist. */
interface Named {
  id: string;
  version: string;
  absent: ErrorCode;
}

/** What the configuration names and other programs made exists, and a server runs. */
export async function checkExisting(context: Context): Promise<string> {
  const named = namedIn(context.settings);
  if (named.length === 0) return "none is named";
  await context.subscriptionPath;
  const step = "asking for what other programs made";
  for (const { id, version, absent } of named) {
    const answer = await context.raw(step, `${id}?api-version=${version}`);
    if (answer.status === 404) {
      throw new UserError({ code: absent, step, expected: `${id} to exist`, found: wordsOf(answer) });
    }
    if (answer.status === 403) throw new NotAskable(`this login may not read ${id}`);
    const { state } = objectIn(bodyOf(step, answer), "properties");
    if (version === VERSIONS.server && state !== "Ready" && state !== "Updating") {
      throw new UserError({ code: "EP-SERVER-09", step, expected: `${id} to run`, found: `it is ${state}` });
    }
  }
  return named.map(({ id }) => id.slice(id.lastIndexOf("/") + 1)).join(", ");
}

function namedIn({ existingServerId, apps }: Settings): Named[] {
  const of = (id: string | undefined, version: string, absent: ErrorCode) =>
    id === undefined ? [] : [{ id, version, absent }];
  return [
    ...of(existingServerId, VERSIONS.server, "EP-SERVER-06"),
    ...apps.flatMap(({ existingVmId, identityId }) => [
      ...of(existingVmId, VERSIONS.vm, "EP-VM-03"),
      ...of(identityId, VERSIONS.identity, "EP-VM-03"),
    ]),
  ];
}
