import { createHash } from "node:crypto";
import * as pulumi from "@pulumi/pulumi";

export const SUBSCRIPTION = "11111111-2222-3333-4444-555555555555";
export const TENANT = "99999999-2222-3333-4444-555555555555";
export const OPERATOR = "aaaaaaaa-2222-3333-4444-555555555555";

/** A configuration that is complete, with GitHub. */
export const CONFIG = {
  operatorObjectId: OPERATOR,
  githubRepository: "contoso/orders",
  githubSubjectPrefix: "repo:contoso@12/orders@34",
  githubReviewers: '{"deploy":["ada"],"destroy":["ada","contoso/platform"]}',
};

/** A resource as the program registered it. */
export interface Registered {
  type: string;
  name: string;
  inputs: Record<string, unknown>;
  protect: boolean;
  /** Count of everything that began or ended before: the resource was created between the two. */
  began: number;
  ended: number;
}

/** How Azure, Entra ID and GitHub answer, where a test needs something else. */
export interface Answers {
  /** Deployment policies that GitHub reports beside the declared ones, by environment. */
  otherPolicies?: Readonly<Record<string, { type: string; pattern: string }[]>>;
  preview?: boolean;
}

/** The object or client id that the mocks give to what has this name. */
export function objectId(name: string): string {
  return `00000000-0000-0000-0000-${createHash("sha256").update(name).digest("hex").slice(0, 12)}`;
}

/** What the program registered, asked and answered in one run under Pulumi's mocks. */
export class RecordedProgram {
  readonly resources: Registered[] = [];
  outputs: Record<string, unknown> = {};
  #events = 0;

  /** @param program takes what is registered, for a run that does not end */
  static async run(
    config: Record<string, string>,
    answers: Answers = {},
    program = new RecordedProgram(),
  ): Promise<RecordedProgram> {
    await program.#mock(config, answers);
    // The query makes Node.js evaluate the program again.
    const exported: object = await import(`../../bootstrap/index.ts?run=${runs++}`);
    for (const [name, value] of Object.entries(exported)) {
      program.outputs[name] = await new Promise((resolve) => pulumi.output(value).apply(resolve));
    }
    await pulumi.runtime.disconnect();
    return program;
  }

  /** The resources of a type, in the order of their registration. */
  all(type: string): Registered[] {
    return this.resources.filter((resource) => resource.type === type);
  }

  one(type: string): Registered {
    const [found, ...others] = this.all(type);
    if (found === undefined || others.length > 0)
      throw new Error(`expected one ${type}, found ${this.all(type).length}`);
    return found;
  }

  async #mock(config: Record<string, string>, { otherPolicies = {}, preview = false }: Answers): Promise<void> {
    const project = "entra-postgres-bootstrap";
    await pulumi.runtime.setMocks(
      {
        newResource: async ({ type, name, inputs, custom }) => {
          const resource = { type, name, inputs, protect: false, began: ++this.#events, ended: 0 };
          this.resources.push(resource);
          // Long enough for whatever does not wait for this resource to begin.
          await new Promise((resolve) => setTimeout(resolve, 5));
          resource.ended = ++this.#events;
          return { id: custom === false ? undefined : `/id/${name}`, state: outputsOf(type, name, inputs) };
        },
        call: ({ token, inputs }) => {
          switch (token) {
            case "azure-native:authorization:getClientConfig":
              return { subscriptionId: SUBSCRIPTION, tenantId: TENANT, clientId: "", objectId: OPERATOR };
            case "github:index/getUser:getUser":
              return { ...inputs, id: "4711" };
            case "github:index/getTeam:getTeam":
              return { ...inputs, id: "815" };
            case "github:index/getRepositoryEnvironmentDeploymentPolicies:getRepositoryEnvironmentDeploymentPolicies":
              return {
                ...inputs,
                policies: [...this.#policiesNow(inputs), ...(otherPolicies[inputs.environment] ?? [])],
              };
            default:
              throw new Error(`The mocks answer no call of ${token}.`);
          }
        },
      },
      project,
      "dev",
      preview,
      "organization",
    );
    this.#recordProtection();
    const own = Object.entries(config).map(([key, value]) => [key.includes(":") ? key : `${project}:${key}`, value]);
    pulumi.runtime.setAllConfig({ "github:owner": "contoso", ...Object.fromEntries(own) });
  }

  /** The policies that are created by now, as GitHub lists them. */
  #policiesNow({ environment }: Record<string, unknown>) {
    return this.all("github:index/repositoryEnvironmentDeploymentPolicy:RepositoryEnvironmentDeploymentPolicy")
      .filter(({ inputs, ended }) => inputs.environment === environment && ended > 0)
      .map(({ inputs }) => ({ type: "branch", pattern: inputs.branchPattern }));
  }

  /** Pulumi's mocks are not told of the option `protect`; the request to the monitor has it. */
  #recordProtection(): void {
    const monitor = pulumi.runtime.getMonitor() as unknown as { registerResource: RegisterResource };
    const register = monitor.registerResource.bind(monitor);
    monitor.registerResource = (request, callback) => {
      const answer = register(request, callback);
      const resource = this.resources.findLast(
        ({ name, type }) => name === request.getName() && type === request.getType(),
      );
      if (resource) resource.protect = request.getProtect();
      return answer;
    };
  }
}

let runs = 0;

type RegisterResource = (
  request: { getName(): string; getType(): string; getProtect(): boolean },
  callback: unknown,
) => unknown;

function outputsOf(type: string, name: string, inputs: Record<string, unknown>): Record<string, unknown> {
  switch (type) {
    case "azure-native:managedidentity:UserAssignedIdentity":
      return { ...inputs, name: inputs.resourceName, principalId: objectId(name), clientId: objectId(`c${name}`) };
    case "azuread:index/groupWithoutMembers:GroupWithoutMembers":
      return { ...inputs, objectId: objectId("group") };
    case "azure-native:storage:BlobContainer":
      return { ...inputs, name: inputs.containerName };
    case "azure-native:keyvault:Key":
      return { ...inputs, name: inputs.keyName };
    case "azure-native:storage:StorageAccount":
    case "azure-native:keyvault:Vault":
      return { ...inputs, name: `${name}1a2b3c4d` };
    default:
      return { ...inputs, name: inputs.resourceGroupName ?? name };
  }
}
