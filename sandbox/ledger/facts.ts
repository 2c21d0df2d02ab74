import { randomBytes } from "node:crypto";
import { UserError } from "entra-postgres/errors";

/** What probes know of a deployment. All of it is strings, and none of it appears in a record. */
export interface Facts {
  host: string;
  port: string;
  /** The administrator's role, as which the probes log in. */
  admin: string;
  /** The first application's role, its database, and the principal behind it. */
  role: string;
  database: string;
  objectId: string;
  /** As the `pgaadauth_*` functions name its type: service, user or group. */
  type: string;
  /** ARM ids of the server, of its resource group, and of the virtual machine. */
  serverId: string;
  groupId: string;
  subscriptionId: string;
  machineId?: string;
  location: string;
  /** PEM of the authority to trust. */
  caCert?: string;
  /** A name of which a probe makes roles and resources, another one in each run. */
  probe: string;
}

const MACHINE = "azure-native:compute:VirtualMachine";

interface StateResource {
  urn: string;
  type: string;
  id?: string;
  inputs?: Record<string, unknown>;
  outputs?: Record<string, unknown>;
}

/**
 * Reads the facts from a stack's state.
 * @param state what `pulumi stack export` prints
 * @throws UserError EP-CLI-13 when the stack has no server and role
 */
export function factsOf(state: { deployment?: { resources?: StateResource[] } }): Facts {
  const resources = state.deployment?.resources ?? [];
  const find = (type: string) => resources.find((each) => each.type.endsWith(type));
  const role = find(":EntraPrincipal")?.outputs ?? {};
  const schema = find(":SchemaAccess")?.outputs ?? {};
  // The identity's own virtual machine, whichever kind of identity it is.
  const machine = resources.find(
    ({ type, outputs }) => type === MACHINE && JSON.stringify(outputs).includes(text(role.objectId)),
  );
  const server = find("azure-native:dbforpostgresql:Server");
  const serverId = server?.id ?? text(role.serverId);
  if (!serverId || !role.host) {
    throw new UserError({
      code: "EP-CLI-13",
      step: "reading the deployment from the stack's state",
      expected: "a flexible server and the role of an application",
      found: `${resources.length} resources without them`,
    });
  }
  return {
    host: text(role.host),
    port: text(role.port ?? 5432),
    admin: text(role.adminUser),
    role: text(role.roleName),
    database: text(schema.database ?? "postgres"),
    objectId: text(role.objectId),
    type: text(role.principalType ?? "service"),
    serverId,
    subscriptionId: serverId.split("/")[2] ?? "",
    groupId: serverId.split("/").slice(0, 5).join("/"),
    location: text(server?.outputs?.location ?? "westeurope"),
    ...(machine?.id ? { machineId: machine.id } : {}),
    ...(role.caCert ? { caCert: text(role.caCert) } : {}),
    probe: `probe_${randomBytes(4).toString("hex")}`,
  };
}

/** Puts the facts into a text. @throws Error for a name that is no fact of this deployment */
export function withFacts(asked: string, facts: Facts, quote: (value: string) => string = (value) => value): string {
  return asked.replace(/\{(\w+)\}/g, (_, name: string) => {
    const value = (facts as unknown as Record<string, string | undefined>)[name];
    if (value === undefined) throw new NotAskable(`the stack has no ${name}`);
    return quote(value);
  });
}

/** This deployment cannot be asked. */
export class NotAskable extends Error {
  override name = "NotAskable";
}

function text(value: unknown): string {
  return value === undefined || value === null ? "" : String(value);
}
