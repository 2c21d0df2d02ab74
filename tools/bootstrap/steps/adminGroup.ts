import type { Identity } from "../identity.ts";
import { Problem } from "../problem.ts";
import type { Context, Step } from "../step.ts";

/** The identities that log in to the database as its administrator: reading what roles there are needs a login, too. */
const MEMBERS: readonly Identity[] = ["deploy", "drift"];

interface Group {
  id: string;
  securityEnabled: boolean | null;
}

/** The Entra group that administers the databases, so that who does can change without a change of the server. */
export function adminGroup(context: Context): Step[] {
  return [group(context), ...MEMBERS.map((identity) => member(context, identity))];
}

function group({ az, settings: { adminGroup: name }, facts }: Context): Step {
  return {
    title: `admin group ${name}`,
    look: async () => {
      const found = await az.run<Group[]>(["ad", "group", "list", "--filter", `displayName eq '${name}'`]);
      if (found.length > 1) {
        throw new Problem(
          `${found.length} groups have the name ${name}, and the database would know none of them by it.\nNext: --admin-group <a name of one group only>`,
        );
      }
      if (found[0]) {
        facts.adminGroupId = found[0].id;
        const remarks =
          found[0].securityEnabled === false ? ["it is no security group, and cannot administer a server"] : [];
        return { changes: [], remarks };
      }
      const description = [
        "--description",
        "Administers the databases. Members: the pipelines' identities that log in there.",
      ];
      return {
        changes: [
          {
            what: "to be made",
            command: ["ad", "group", "create", "--display-name", name, "--mail-nickname", name, ...description],
            learn: (answer) => {
              facts.adminGroupId = (answer as Group).id;
            },
          },
        ],
      };
    },
  };
}

function member({ az, facts }: Context, identity: Identity): Step {
  return {
    title: `${identity} in the admin group`,
    look: async () => {
      const ids = () => [
        "--group",
        facts.adminGroupId ?? "<id of the admin group>",
        "--member-id",
        facts.principalId(identity),
      ];
      const known = facts.adminGroupId !== undefined && facts.identities.has(identity);
      const isMember = known && (await az.run<{ value: boolean }>(["ad", "group", "member", "check", ...ids()])).value;
      if (isMember) return { changes: [] };
      return {
        changes: [{ what: "to be added", command: ["ad", "group", "member", "add", ...ids()] }],
      };
    },
  };
}
