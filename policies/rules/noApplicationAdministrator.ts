import type { PolicyResource } from "@pulumi/policy";
import { any, anyOf, reading } from "../judging.ts";
import { ADMINISTRATOR, ENTRA_PRINCIPAL, type ResourceKind, USER_IDENTITY, VIRTUAL_MACHINE } from "../resourceKind.ts";
import { benchmark, stackRule } from "../rule.ts";

/** Whether a resource is, or has, an identity with the object id. */
type Match = (props: PolicyResource["props"], is: (objectId: unknown) => boolean) => boolean;

const IDENTITIES: readonly [ResourceKind, Match][] = [
  [ENTRA_PRINCIPAL, (props, is) => is(props.objectId)],
  [USER_IDENTITY, (props, is) => is(props.principalId)],
  [
    VIRTUAL_MACHINE,
    ({ identity }, is) =>
      any(
        () => is(identity?.principalId),
        () => {
          const assigned = identity?.userAssignedIdentities ?? {};
          return anyOf(Object.keys(assigned), (id) => is(assigned[id]?.principalId));
        },
      ),
  ],
];

export const noApplicationAdministrator = stackRule({
  name: "no-application-administrator",
  displayName: "No application is an administrator",
  description: "An application's identity must not be an administrator of the server.",
  enforcementLevel: "mandatory",
  severity: "critical",
  remediationSteps:
    "Give the application a role of its own (EntraPrincipal) with a profile of DatabaseAccess, and make a group or the identity that " +
    "deploys the administrator.",
  url: "https://learn.microsoft.com/en-us/azure/postgresql/security/security-manage-entra-users",
  framework: benchmark("PA-7", "Follow just enough administration (least privilege) principle"),
  tags: ["server", "login", "application"],
  builtIns: [],
  verifiedModule: undefined,
  looksAt: [ADMINISTRATOR],
  judge: (resources, demand) => {
    const identities = resources.flatMap((resource) =>
      IDENTITIES.filter(([kind]) => kind.is(resource.type)).map(([, match]) => ({ resource, match })),
    );
    for (const administrator of resources.filter(({ type }) => ADMINISTRATOR.is(type))) {
      // What an object id is made of is known before the object id is.
      const sources = administrator.propertyDependencies.objectId ?? [];
      const isOwn = (id: unknown) => {
        const own = reading(administrator, () => administrator.props.objectId);
        return id !== undefined && String(own).toLowerCase() === String(id).toLowerCase();
      };
      for (const { resource, match } of identities) {
        demand(
          administrator,
          () =>
            any(
              () => sources.includes(resource),
              () => reading(resource, () => match(resource.props, isOwn)),
            ) && `"${administrator.name}" makes the identity of "${resource.name}" an administrator of the server.`,
        );
      }
    }
  },
});
