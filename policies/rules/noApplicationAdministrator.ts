import type { PolicyResource } from "@pulumi/policy";
import { any, anyOf, reading } from "../engine/judging.ts";
import { ADMINISTRATOR, ENTRA_PRINCIPAL, USER_IDENTITY } from "../engine/resourceKind.ts";
import { benchmark, stackRule } from "../engine/rule.ts";
import { UnknownValueError } from "../engine/unknownValue.ts";

/** Whether a resource is an identity, or has one, with the object id. Any resource of Azure may have one: a web app, a cluster, a machine. */
function hasIdentity({ type, props }: PolicyResource, is: (objectId: unknown) => boolean): boolean {
  if (ENTRA_PRINCIPAL.is(type)) return is(props.objectId);
  if (USER_IDENTITY.is(type)) return is(props.principalId);
  const { identity } = props;
  return any(
    () => is(identity?.principalId),
    () => {
      const assigned = identity?.userAssignedIdentities ?? {};
      return anyOf(Object.keys(assigned), (id) => is(assigned[id]?.principalId));
    },
  );
}

/** Whether a resource can have an identity. An identity that a preview does not know yet counts. */
function mayHaveIdentity({ type, props }: PolicyResource): boolean {
  try {
    return ENTRA_PRINCIPAL.is(type) || USER_IDENTITY.is(type) || props.identity !== undefined;
  } catch (error) {
    if (error instanceof UnknownValueError) return true;
    throw error;
  }
}

export const noApplicationAdministrator = stackRule({
  name: "no-application-administrator",
  displayName: "No application is an administrator",
  description: "An application's identity must not be an administrator of the server.",
  severity: "critical",
  remediationSteps:
    "Give the application a role of its own (EntraPrincipal) with a profile of SchemaAccess, and make a group or the identity that " +
    "deploys the administrator.",
  url: "https://learn.microsoft.com/en-us/azure/postgresql/security/security-manage-entra-users",
  framework: benchmark("PA-7", "Follow just enough administration (least privilege) principle"),
  tags: ["server", "login", "application"],
  looksAt: [ADMINISTRATOR],
  judge: (administrator, _, { resources }) => {
    // A preview knows the resource that an object id comes from before it knows the object id.
    const sources = administrator.propertyDependencies.objectId ?? [];
    const isOwn = (id: unknown) => {
      const own = reading(administrator, () => administrator.props.objectId);
      return id !== undefined && String(own).toLowerCase() === String(id).toLowerCase();
    };
    return resources.filter(mayHaveIdentity).map(
      (resource) => () =>
        any(
          () => sources.includes(resource),
          () => reading(resource, () => hasIdentity(resource, isOwn)),
        ) && `"${administrator.name}" makes the identity of "${resource.name}" an administrator of the server.`,
    );
  },
});
