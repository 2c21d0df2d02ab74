import { deployer } from "../../../components/azure/deployer.ts";
import { askGraph } from "../../../components/azure/graph.ts";
import { UserError } from "../../../components/errors/userError.ts";
import type { Administrator } from "../../../components/postgres/administrator.ts";
import { NotAskable } from "../answer.ts";
import { answered, bodyOf, wordsOf } from "../azureAnswer.ts";
import type { Context } from "../context.ts";

/** The server's administrators are principals of the directory, of the configured type; the deployer's token names its role. */
export async function checkAdministrators(context: Context): Promise<string> {
  const { administrator, moreAdministrators } = context.settings;
  await context.claims;
  const named = [...(administrator ? [administrator] : []), ...moreAdministrators];
  const own = administrator ? [] : [await deployer()];
  for (const each of named) await requireInDirectory(each);
  return [...own, ...named].map(({ name, type }) => `${name} (${type})`).join(", ");
}

/** Administrator types, by the types of Microsoft Graph. */
const TYPES: Readonly<Record<string, string>> = {
  "#microsoft.graph.user": "User",
  "#microsoft.graph.group": "Group",
  "#microsoft.graph.servicePrincipal": "ServicePrincipal",
};

/** Source: Microsoft Learn, Microsoft Graph v1.0, "Get directoryObject". */
async function requireInDirectory({ objectId, name, type }: Administrator): Promise<void> {
  const step = "asking the directory for the administrators";
  const answer = await answered(step, (signal) => askGraph(`/v1.0/directoryObjects/${objectId}`, signal)).catch(
    (error) => {
      // The connection and the login are other rows' subject; a token for the directory is one more that a login can lack.
      if (error instanceof UserError)
        throw new NotAskable(`the directory does not answer (${error.explanation.found})`);
      throw error;
    },
  );
  if (answer.status === 401) {
    throw new NotAskable(`this login may not read the directory (${wordsOf(answer)})`);
  }
  const expected = `${type} "${name}" with the object id ${objectId} in the tenant`;
  if (answer.status === 404) throw unknown(step, expected, "no such object id");
  const found = TYPES[String(bodyOf(step, answer)["@odata.type"])];
  if (found !== undefined && found !== type) throw unknown(step, expected, `it is a ${found}`);
}

function unknown(step: string, expected: string, found: string): UserError {
  return new UserError({ code: "EP-PREFLIGHT-13", step, expected, found });
}
