import * as pulumi from "@pulumi/pulumi";

/** A resource as the program registered it. */
export interface Registered {
  type: string;
  name: string;
  inputs: Record<string, unknown>;
}

/** What Azure would add to a resource's inputs: enough for the program to go on. */
function outputsOf({ type, name, inputs }: pulumi.runtime.MockResourceArgs): Record<string, unknown> {
  switch (type) {
    case "azure-native:compute:VirtualMachine":
      return {
        ...inputs,
        name: inputs.vmName,
        identity: { ...inputs.identity, principalId: "aaaaaaaa-0000-0000-0000-000000000001", tenantId: TENANT },
      };
    case "azure-native:managedidentity:UserAssignedIdentity":
      return {
        ...inputs,
        name: "user-identity",
        principalId: "aaaaaaaa-0000-0000-0000-000000000002",
        clientId: "cccccccc-0000-0000-0000-000000000002",
        tenantId: TENANT,
      };
    case "azure-native:network:PublicIPAddress":
      return { ...inputs, name, ipAddress: "20.0.0.7" };
    case "azure-native:network:NetworkInterface":
      return { ...inputs, name, ipConfigurations: [{ privateIPAddress: "10.42.0.4" }] };
    case "azure-native:dbforpostgresql:Server":
      return { ...inputs, name: `${name}-1a2b3c4d`, fullyQualifiedDomainName: "db.postgres.database.azure.com" };
    case "command:remote:Command":
      return { ...inputs, stdout: RECEIPT_LINE, stderr: "" };
    default:
      return { ...inputs, name };
  }
}

export const TENANT = "11111111-1111-1111-1111-111111111111";
export const CLIENT_ID = "cccccccc-0000-0000-0000-000000000001";
export const RECEIPT_LINE = JSON.stringify({
  sessionUser: "orders",
  currentUser: "orders",
  database: "app",
  objectId: "aaaaaaaa-0000-0000-0000-000000000001",
  clientId: CLIENT_ID,
  serverVersion: "17.4",
  tlsVersion: "TLSv1.3",
  tokenSecondsLeft: 86000,
  isAdmin: false,
  secondsTaken: 0.4,
  outcomes: "",
});

function call({ token, inputs }: pulumi.runtime.MockCallArgs): Record<string, unknown> {
  switch (token) {
    case "azure-native:resources:getResource":
      return { ...inputs, properties: { clientId: CLIENT_ID } };
    case "azure-native:authorization:getClientConfig":
      return { subscriptionId: "s", tenantId: TENANT };
    case "azure-native:compute:getVirtualMachineRunCommandByVirtualMachine":
      return { ...inputs, instanceView: { exitCode: 0, output: RECEIPT_LINE } };
    default:
      throw new Error(`The mocks answer no call of ${token}.`);
  }
}

/** Answers of functions, by token. */
export type Calls = Readonly<Record<string, (inputs: Record<string, string>) => Record<string, unknown>>>;

/**
 * Starts to record what a program registers; `preview` leaves ids unknown, as before the first update.
 * @param stack its name, and its organization: by default what a backend without organizations says
 * @param calls answers of functions, by token, before those that every test has
 */
export async function recordResources(
  preview = false,
  { stack = "test", organization = "organization" } = {},
  calls: Calls = {},
): Promise<Registered[]> {
  const registered: Registered[] = [];
  await pulumi.runtime.setMocks(
    {
      newResource: (args) => {
        registered.push({ type: args.type, name: args.name, inputs: args.inputs });
        return { id: args.custom === false ? undefined : `${args.name}-id`, state: outputsOf(args) };
      },
      call: (args) => calls[args.token]?.(args.inputs) ?? call(args),
    },
    "entra-postgres",
    stack,
    preview,
    organization,
  );
  return registered;
}

/** The value of an output; for the mocks every output resolves. */
export function resolved<T>(output: pulumi.Output<T>): Promise<T> {
  return new Promise((resolve) => output.apply((value) => resolve(value as T)));
}

/** Waits until everything that was registered has been recorded. */
export async function settled(...resources: pulumi.Resource[]): Promise<void> {
  await Promise.all(resources.map((resource) => resolved(resource.urn)));
  await pulumi.runtime.disconnect();
}

/** The inputs of all resources of a type, in the order of their registration. */
export function inputsOf(registered: Registered[], type: string): Record<string, unknown>[] {
  return registered.filter((resource) => resource.type === type).map(({ inputs }) => inputs);
}
