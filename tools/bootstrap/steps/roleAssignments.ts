import { IDENTITIES } from "../identity.ts";
import { customRoleName, GRANTS, type Grant, ROLES, type Role, SCOPES } from "../roles.ts";
import { armId, scopeId } from "../settings.ts";
import { shellLine } from "../shellWords.ts";
import { type Change, type Context, difference, type Step } from "../step.ts";

/** As `az role definition list` answers. */
interface Definition {
  /** The role's own id, a GUID. */
  name: string;
  id: string;
  assignableScopes: string[];
  permissions: { actions: string[] | null; notActions: string[] | null; dataActions: string[] | null }[];
}

/** As `az role assignment list` answers. */
interface Assignment {
  principalId: string;
  roleDefinitionId: string;
  scope: string;
}

/** The role of the bootstrap's own, and every role that is given, with the reasons in ../roles.ts. */
export function roleAssignments(context: Context): Step[] {
  const { settings } = context;
  const grants = GRANTS.filter(
    ({ to, on }) => scopeId(settings, on) !== undefined && (to !== "operator" || settings.operator),
  );
  const lists = new AssignmentLists(context);
  return [
    customRole(context),
    ...grants.map((grant) => assignment(context, grant, lists)),
    otherRoles(context, grants, lists),
  ];
}

function customRole({ az, settings, facts }: Context): Step {
  const group = armId(settings, settings.resourceGroup);
  const name = customRoleName(settings.resourceGroup);
  const wanted = {
    description: "What entra-postgres deploys that no built-in role covers.",
    actions: ROLES.server.actions,
    assignableScopes: [group],
  };
  const learn = (answer: unknown) => {
    facts.customRoleId = (answer as Definition).name;
  };
  return {
    title: `role ${name}`,
    look: async () => {
      const query = ["role", "definition", "list", "--name", name, "--scope", group, "--custom-role-only", "true"];
      const found = facts.isThere(group) ? (await az.run<Definition[]>(query))[0] : undefined;
      if (!found) {
        const definition = JSON.stringify({ name, ...wanted });
        return {
          changes: [
            { what: "to be made", command: ["role", "definition", "create", "--role-definition", definition], learn },
          ],
        };
      }
      learn(found);
      const what = definitionDifference(found, group);
      const definition = JSON.stringify({ id: found.id, name: found.name, roleName: name, ...wanted });
      return {
        changes: what ? [{ what, command: ["role", "definition", "update", "--role-definition", definition] }] : [],
      };
    },
  };
}

function definitionDifference({ permissions, assignableScopes }: Definition, group: string): string | undefined {
  const sorted = (words: readonly string[]) =>
    words
      .map((word) => word.toLowerCase())
      .sort()
      .join(" ");
  const found = permissions.flatMap(({ actions }) => actions ?? []);
  const wanted: readonly string[] = ROLES.server.actions;
  const more = found.filter((action) => !wanted.includes(action));
  const missing = wanted.filter((action) => !found.includes(action));
  const other = permissions.flatMap(({ notActions, dataActions }) => [...(notActions ?? []), ...(dataActions ?? [])]);
  return difference([
    [
      "its list of actions",
      [...missing.map((action) => `without ${action}`), ...more.map((action) => `with ${action}`)].join(", "),
      sorted(found) === sorted(wanted),
      "what ../roles.ts lists",
    ],
    ["what it excludes or allows on data", other.join(", "), other.length === 0, "nothing"],
    ["where it can be given", assignableScopes.join(", "), sorted(assignableScopes) === sorted([group]), group],
  ]);
}

function assignment({ settings, facts }: Context, { to, role, on }: Grant, lists: AssignmentLists): Step {
  const { id, name }: Role = ROLES[role];
  const scope = scopeId(settings, on) as string;
  return {
    title: `role ${name} for ${to} on ${SCOPES[on]}`,
    look: async () => {
      const roleId = id ?? facts.customRoleId;
      const principalId = facts.principalId(to);
      const isGiven = (await lists.of(scope)).some(
        (each) =>
          each.principalId === principalId &&
          roleId !== undefined &&
          each.roleDefinitionId.toLowerCase().endsWith(`/${roleId}`),
      );
      if (isGiven) return { changes: [] };
      const assignee = [
        "--assignee-object-id",
        principalId,
        "--assignee-principal-type",
        to === "operator" ? "User" : "ServicePrincipal",
      ];
      const what = ["--role", roleId ?? customRoleName(settings.resourceGroup), "--scope", scope];
      const change: Change = {
        what: "to be given",
        command: ["role", "assignment", "create", ...assignee, ...what],
      };
      return { changes: [change] };
    },
  };
}

/** A role that somebody gave an identity beside these is left alone, and named. */
function otherRoles({ settings, facts }: Context, grants: readonly Grant[], lists: AssignmentLists): Step {
  return {
    title: "other roles of the identities",
    fine: "none",
    look: async () => {
      const remarks: string[] = [];
      for (const on of new Set(grants.map((grant) => grant.on))) {
        const scope = scopeId(settings, on) as string;
        for (const { principalId, roleDefinitionId } of await lists.of(scope)) {
          const identity = IDENTITIES.find((each) => facts.identities.get(each)?.principalId === principalId);
          const roleId = roleDefinitionId.split("/").at(-1) as string;
          const isWanted = grants.some((grant) => {
            const { id }: Role = ROLES[grant.role];
            return grant.on === on && grant.to === identity && roleId === (id ?? facts.customRoleId);
          });
          if (identity && !isWanted) {
            const command = [
              "az",
              "role",
              "assignment",
              "delete",
              "--assignee",
              principalId,
              "--role",
              roleId,
              "--scope",
              scope,
            ];
            remarks.push(`${identity} also has role ${roleId} on ${SCOPES[on]}; to take it: ${shellLine(command)}`);
          }
        }
      }
      return { changes: [], remarks };
    },
  };
}

/** What is given on each scope, asked for once. Nothing that a step adds is asked for by another. */
class AssignmentLists {
  readonly #context: Context;
  readonly #lists = new Map<string, Promise<Assignment[]>>();

  constructor(context: Context) {
    this.#context = context;
  }

  async of(scope: string): Promise<Assignment[]> {
    const { az, facts, settings } = this.#context;
    if (!facts.isThere(scope) && scope !== settings.runnerNetwork) return [];
    const list = this.#lists.get(scope) ?? az.run<Assignment[]>(["role", "assignment", "list", "--scope", scope]);
    this.#lists.set(scope, list);
    // az also answers what is given further up.
    return (await list).filter((each) => each.scope.toLowerCase() === scope.toLowerCase());
  }
}
