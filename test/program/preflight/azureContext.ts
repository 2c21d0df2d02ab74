import { rmSync } from "node:fs";
import { after } from "node:test";
import type { ErrorCode } from "../../../components/errors/errorTable.ts";
import type { Row } from "../../../program/preflight/answer.ts";
import { preflight } from "../../../program/preflight/run.ts";
import type { StackFile } from "../../../program/preflight/stackFile.ts";
import { armError } from "../../../sandbox/azure/azureNative/engine/armError.ts";
import { ResourceManager } from "../../../sandbox/azure/resourceManager.ts";
import { SUBSCRIPTION_ID } from "../../../sandbox/deployer.ts";
import { Directory } from "../../../sandbox/entra/directory.ts";
import { Graph } from "../../../sandbox/entra/graph.ts";
import { Imds } from "../../../sandbox/entra/imds.ts";
import { TokenIssuer } from "../../../sandbox/entra/tokenIssuer.ts";
import { sandboxEnvironment } from "../../../sandbox/environment.ts";
import { temporaryDirectory } from "../../harness/testServer.ts";
import { settingsOf } from "../settings.ts";

/** The address that the tests deploy from. */
export const ADDRESS = "20.1.2.3";
/** A configuration in which nothing is a problem. */
export const GOOD = { allowedAddresses: [ADDRESS] };

const BASE = `/subscriptions/${SUBSCRIPTION_ID}`;

/** Whatever a test changes before the checks run. */
export interface Asked {
  config?: Record<string, unknown>;
  /** Entries of the stack's file in other namespaces. */
  others?: Record<string, string>;
  env?: Record<string, string>;
  address?: string;
  now?: () => number;
}

const dir = temporaryDirectory();
const directory = new Directory(dir);
const issuer = await TokenIssuer.open(directory, dir);
const services = () => directory.list().filter(({ type }) => type === "service");
// The Azure SDK remembers the first metadata service of a process, and the tokens of each client id.
const imds = await Imds.start({
  issuer,
  identities: () => services().map((principal) => ({ principal, kind: "user" })),
});
after(async () => {
  await imds.close();
  rmSync(dir, { recursive: true, force: true });
});

/** An Azure without anything in it, as the sandbox answers it: no PostgreSQL, no engine. One at a time. */
export class AzureContext implements AsyncDisposable {
  readonly directory = directory;
  readonly issuer = issuer;
  readonly imds = imds;
  readonly manager: ResourceManager;
  readonly graph: Graph;
  /** Every token that was issued. */
  readonly tokens: string[] = [];
  /** Resources by id in lower case, in the form of azure-native. */
  readonly resources: Map<string, Record<string, unknown>>;
  readonly environment: Record<string, string>;

  private constructor(resources: AzureContext["resources"], manager: ResourceManager, graph: Graph) {
    this.resources = resources;
    this.manager = manager;
    this.graph = graph;
    issuer.override = {};
    issuer.onIssue = (token) => this.tokens.push(token);
    imds.fault = undefined;
    const deployer = directory.add({ displayName: "deployer", type: "service" });
    this.environment = sandboxEnvironment({
      dir,
      providers: {},
      imdsUrl: imds.url,
      appServiceUrl: imds.appServiceUrl,
      appServiceHeader: imds.appServiceHeader,
      resourceManagerUrl: manager.url,
      graphUrl: graph.url,
      clientId: deployer.clientId ?? "",
      tenantId: directory.tenantId,
      subscriptionId: SUBSCRIPTION_ID,
    });
  }

  static async open(): Promise<AzureContext> {
    const resources = new Map<string, Record<string, unknown>>();
    const find = (id: string) => resources.get(id.toLowerCase());
    const list = (type: string) => [...resources.values()].filter(({ id }) => String(id).split("/").at(-2) === type);
    const answer = async ({ path }: { path: string }) => {
      const below = [...resources.values()].filter(({ id }) => String(id).startsWith(`${path}/`));
      if (/\/(flexibleServers|virtualMachines)$/.test(path)) return below;
      const found = find(path);
      if (found === undefined) throw armError("ResourceNotFound", { name: path, id: path });
      return found;
    };
    const manager = await ResourceManager.start({ issuer, find, list, answer });
    return new AzureContext(resources, manager, await Graph.start(directory, issuer));
  }

  /** Adds a resource below the subscription. */
  add(path: string, properties: Record<string, unknown> = {}): string {
    const id = BASE + path;
    this.resources.set(id.toLowerCase(), { id, name: id.split("/").at(-1), location: "westeurope", ...properties });
    return id;
  }

  /** What the checks answer. */
  async rows({ config = GOOD, others = {}, env = {}, address = ADDRESS, now }: Asked = {}): Promise<Row[]> {
    const before = { ...process.env };
    try {
      for (const name of Object.keys(process.env)) if (/^(ARM_|AZURE_|MSGRAPH_)/.test(name)) delete process.env[name];
      Object.assign(process.env, this.environment, env);
      for (const [name, value] of Object.entries(process.env)) if (value === "") delete process.env[name];
      const settings = await settingsOf(config).then(
        (read) => () => read,
        (error) => () => {
          throw error;
        },
      );
      const file: StackFile = { project: "entra-postgres", stack: { name: "dev" }, values: others, secrets: [] };
      return await preflight({ file, settings, address: address || undefined, ...(now ? { now } : {}) });
    } finally {
      for (const name of Object.keys(process.env)) if (!(name in before)) delete process.env[name];
      Object.assign(process.env, before);
    }
  }

  /** The problems that the checks find, by row. */
  async problems(asked: Asked = {}): Promise<Record<string, ErrorCode>> {
    const rows = await this.rows(asked);
    return Object.fromEntries(rows.flatMap((row) => (row.outcome === "problem" ? [[row.check, row.code]] : [])));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([this.manager.close(), this.graph.close()]);
  }
}
