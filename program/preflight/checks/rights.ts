import { UserError } from "../../../components/errors/userError.ts";
import { actionsOf, allows } from "../actions.ts";
import { listIn, textsIn } from "../azureAnswer.ts";
import type { Context } from "../context.ts";

/** Source: azure-rest-api-specs, specification/authorization, stable/2022-04-01, Permissions_ListForResourceGroup. */
const PERMISSIONS_VERSION = "2022-04-01";

/** The login's roles allow every operation of a first `up`. Azure policies and deny assignments are not asked. */
export async function checkRights(context: Context): Promise<string> {
  const { settings } = context;
  const { resourceGroupName: group } = settings;
  const step = "asking for the login's rights";
  const scope = group === undefined ? "" : `/resourcegroups/${group}`;
  const path = `${scope}/providers/Microsoft.Authorization/permissions?api-version=${PERMISSIONS_VERSION}`;
  const permissions = listIn(await context.read(step, path)).map((each) => ({
    actions: textsIn(each, "actions"),
    notActions: textsIn(each, "notActions"),
  }));
  const needed = actionsOf(settings);
  const missing = needed.filter((action) => !allows(permissions, action));
  const where = group === undefined ? "the subscription" : `resource group ${group}`;
  if (missing.length === 0) return `all ${needed.length} operations, on ${where}`;
  const { oid } = await context.claims;
  throw new UserError({
    code: "EP-AZ-16",
    step,
    expected: `roles on ${where} that allow every operation of the first \`up\``,
    found: `none allows ${missing.join(", ")}`,
    remedy:
      `compare \`az role assignment list --assignee ${oid} --all\` with the table of roles in docs/bootstrap.md; ` +
      "a new assignment takes minutes to count",
  });
}
