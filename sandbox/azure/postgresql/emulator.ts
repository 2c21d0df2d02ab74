import { DefaultAzureCredential } from "@azure/identity";
import { emulated } from "../emulated.ts";
import type { CheckRequest, Difference, EmulatedResource, Emulator, Props } from "../providerHost.ts";
import { checkInputs } from "./checkInputs.ts";
import { readConfiguration } from "./configuration.ts";
import { explain, Server } from "./connection.ts";
import { databases } from "./databases.ts";
import { defaultPrivileges } from "./defaultPrivileges.ts";
import { extensions } from "./extensions.ts";
import { grantRoles } from "./grantRoles.ts";
import { grants } from "./grants.ts";
import { appliedState, difference, inputsOf, outputsOf, previewState, wantedState } from "./outputs.ts";
import type { Found, ResourceType } from "./resourceType.ts";
import { roles } from "./roles.ts";
import { schemas } from "./schemas.ts";

const TYPES = Object.fromEntries(
  [databases, roles, schemas, extensions, grants, grantRoles, defaultPrivileges].map((type) => [type.token, type]),
);

/** The scope for which Azure's PostgreSQL takes tokens. Source: the same constant in the Terraform provider's provider.go. */
const SCOPE = "https://ossrdbms-aad.database.windows.net/.default";

/** Options of {@link PostgresqlEmulator}. */
export interface PostgresqlOptions {
  /** Gets the deployer's token of a tenant for PostgreSQL. @default DefaultAzureCredential of @azure/identity */
  token?: (tenantId: string) => Promise<string>;
  /**
   * PEM certificates that are trusted in addition to the machine's and those of NODE_EXTRA_CA_CERTS, where the provider has no sslrootcert.
   * @default none
   */
  authority?: string;
}

/**
 * Emulates the plugin of @pulumi/postgresql 3.18: the same resources, inputs and outputs, and the same SQL on the real server.
 * It takes one token when it is configured, as the plugin does, and connects in no preview.
 */
export class PostgresqlEmulator implements Emulator {
  readonly name = "postgresql";
  readonly version = "3.18.1";
  readonly #options: PostgresqlOptions;
  readonly #servers = new Map<string, Server>();

  constructor(options: PostgresqlOptions = {}) {
    this.#options = options;
  }

  /** @throws Error for a configuration that is refused, see {@link readConfiguration}, and when there is no token */
  async configure(peer: string, config: Record<string, string>): Promise<void> {
    const configuration = readConfiguration(config);
    const { tenantId } = configuration;
    const token = await (this.#options.token ?? deployerToken)(tenantId);
    const { authority } = this.#options;
    this.#servers.set(peer, new Server({ configuration, token, ...(authority === undefined ? {} : { authority }) }));
  }

  async check(request: CheckRequest): Promise<ReturnType<typeof checkInputs>> {
    return checkInputs(typeOf(request), request);
  }

  async diff(request: EmulatedResource & { oldOutputs: Props; news: Props }): Promise<Difference> {
    return difference(typeOf(request), request.oldOutputs, request.news);
  }

  async create(request: Parameters<Emulator["create"]>[0]): ReturnType<Emulator["create"]> {
    const type = typeOf(request);
    const { inputs } = request;
    if (request.preview) return { id: "", outputs: previewState(type, inputs, {}) };
    const wanted = wantedState(type, inputs, {});
    const made = await this.#do("create", request, async (server) => {
      await type.create(server, wanted);
      return await readBack(type, server, wanted);
    });
    return { id: made.id, outputs: outputsOf(type, appliedState(type, made, wanted), inputs) };
  }

  async read(request: Parameters<Emulator["read"]>[0]): ReturnType<Emulator["read"]> {
    const type = typeOf(request);
    const { id, inputs, outputs } = request;
    if (Object.keys(outputs).length === 0 && !type.importable) {
      throw new Error(`${type.token} cannot be imported. Create it: an existing grant stays as it is.`);
    }
    const found = await this.#do("read", request, (server) => type.read(server, String(outputs.id ?? id), outputs));
    if (!found) return undefined;
    const now = outputsOf(type, { ...found.state, id: found.id }, inputs);
    return { id: found.id, inputs: inputsOf(type, now, inputs), outputs: now };
  }

  async update(request: Parameters<Emulator["update"]>[0]): ReturnType<Emulator["update"]> {
    const type = typeOf(request);
    const { inputs, oldOutputs } = request;
    if (request.preview) return { outputs: previewState(type, inputs, oldOutputs) };
    const wanted = wantedState(type, inputs, oldOutputs);
    const made = await this.#do("update", request, async (server) => {
      await type.update(server, oldOutputs, wanted);
      return await readBack(type, server, wanted);
    });
    return { outputs: outputsOf(type, appliedState(type, made, wanted), inputs) };
  }

  async delete(request: EmulatedResource & { id: string; outputs: Props; peer: string }): Promise<void> {
    const type = typeOf(request);
    await this.#do("delete", request, (server) => type.delete(server, request.outputs));
  }

  async #do<T>(
    verb: string,
    { type, name, peer }: EmulatedResource & { peer: string },
    work: (server: Server) => Promise<T>,
  ): Promise<T> {
    const server = this.#servers.get(peer);
    if (!server) {
      throw new Error(
        `${name} (${type}) has a postgresql provider without a configuration. Create a postgresql.Provider with host, ` +
          "username, azureTenantId and azureIdentityAuth, and give it as the resource's provider.",
      );
    }
    try {
      return await work(server);
    } catch (error) {
      throw new Error(`Could not ${verb} ${name} (${type}): ${explain(error)}`);
    }
  }
}

function typeOf({ type }: EmulatedResource): ResourceType {
  return emulated("resource type", type, TYPES);
}

/** The resource on the server after a creation or an update. */
async function readBack(type: ResourceType, server: Server, wanted: Props): Promise<Found> {
  const found = await type.read(server, String(wanted.name ?? ""), wanted);
  if (found) return found;
  const why = type.whyMissing?.(wanted) ?? "something else removed it. Run the command again.";
  throw new Error(`it is not on the server after the change: ${why}`);
}

async function deployerToken(tenantId: string): Promise<string> {
  return (await new DefaultAzureCredential({ tenantId }).getToken(SCOPE, { tenantId })).token;
}
