import { getVirtualMachineRunCommandByVirtualMachine as getRunCommand } from "@pulumi/azure-native/compute/getVirtualMachineRunCommandByVirtualMachine.js";
import { VirtualMachineRunCommandByVirtualMachine } from "@pulumi/azure-native/compute/virtualMachineRunCommandByVirtualMachine.js";
import { remote } from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import { deployerCloud } from "../azure/cloud.ts";
import { connectionTestScript, triedRights } from "./connectionTest.ts";
import { type Receipt, readReceipt } from "./receipt.ts";

/** The arguments of {@link ConnectionCheck}. */
export interface ConnectionCheckArgs {
  /** Resource group of the VM. */
  resourceGroupName: pulumi.Input<string>;
  /** Azure region of the VM. */
  location: pulumi.Input<string>;
  /** Name of the VM that runs the connection test. */
  vmName: pulumi.Input<string>;
  /** DNS name of the database server. */
  host: pulumi.Input<string>;
  /** TCP port of the database server. @default 5432 */
  port?: pulumi.Input<number>;
  /** Database to open. */
  database: pulumi.Input<string>;
  /** Role to log in as. */
  user: pulumi.Input<string>;
  /** Role that its sessions act as (`SchemaAccess.actsAs`). @default itself */
  actsAs?: pulumi.Input<string | undefined>;
  /**
   * Profile whose rights are tested one by one on every object in the schema; any further right fails the test too. @default only the login is
   * tested
   */
  profile?: pulumi.Input<string>;
  /** Whether the database is a `PrivateDatabase`; elsewhere every role can create temporary tables. @default true */
  isPrivate?: boolean;
  /** The application's schema; needed with `profile`. */
  schema?: pulumi.Input<string>;
  /** Whether the profile may create schemas (`createSchemas` of `SchemaAccess`), for migrators and owners. @default false */
  createSchemas?: pulumi.Input<boolean>;
  /** Schemas of other applications in the database, where reading, writing and creating must be denied. @default none */
  foreignSchemas?: pulumi.Input<pulumi.Input<string>[]>;
  /** Databases of other applications, where connecting must be denied. @default none */
  foreignDatabases?: pulumi.Input<pulumi.Input<string>[]>;
  /** Object id that the token must carry. Changing it runs the test again. */
  objectId: pulumi.Input<string>;
  /** Client id to ask the token for. */
  clientId: pulumi.Input<string>;
  /** PEM of the authority that signed the server's certificate. @default the VM's own authorities, which include Azure's */
  caCert?: pulumi.Input<string>;
  /** SSH private key in OpenSSH form, with which the test runs over SSH. @default none: the test runs by Azure's run command */
  sshPrivateKey?: pulumi.Input<string>;
  /** Address of the VM's SSH server. Needed with `sshPrivateKey`. */
  sshHost?: pulumi.Input<string>;
  /** Port of the VM's SSH server. @default 22 */
  sshPort?: pulumi.Input<number>;
  /** Login name of the SSH user. @default "azureuser" */
  sshUser?: pulumi.Input<string>;
}

/**
 * Tests the login on the VM, as the VM's identity: fetches a token from the metadata service and logs in with it over verified TLS. A failed
 * login fails the update, with the reason that the VM printed. So does a missing or an excess right. The test changes no data.
 *
 * By run command, Azure puts a part of the VM's output into its error. This command shows the last 4096 bytes of it:
 * `az vm run-command show --resource-group … --vm-name … --run-command-name … --instance-view --query instanceView.error --output tsv`.
 *
 * Over SSH the VM's host key is not verified, because it is not known in advance. The script contains no secret.
 *
 * @throws {UserError} EP-CHECK-09 or EP-CHECK-10 for a test without a valid receipt; the script on the VM fails with EP-CHECK-01 to EP-CHECK-08
 */
export class ConnectionCheck extends pulumi.ComponentResource {
  /** What the VM saw. */
  readonly receipt: pulumi.Output<Receipt>;

  constructor(name: string, args: ConnectionCheckArgs, opts?: pulumi.ComponentResourceOptions) {
    super("entra-postgres:index:ConnectionCheck", name, {}, opts);
    const settings = pulumi.output({
      clientId: args.clientId,
      tokenResource: deployerCloud().database,
      objectId: args.objectId,
      host: args.host,
      port: args.port ?? 5432,
      database: args.database,
      user: args.user,
      caCert: args.caCert ?? "",
      access: args.profile
        ? {
            profile: args.profile,
            schema: args.schema ?? "",
            createSchemas: args.createSchemas ?? false,
            isPrivate: args.isPrivate ?? true,
            foreignSchemas: args.foreignSchemas ?? [],
          }
        : undefined,
      foreignDatabases: args.foreignDatabases ?? [],
    });
    const script = settings.apply(connectionTestScript);
    const output = args.sshPrivateKey
      ? runOverSsh(name, args, args.sshPrivateKey, script, this)
      : runByAzure(name, args, script, this);
    this.receipt = pulumi
      .output({
        text: output,
        settings,
        actsAs: args.actsAs,
      })
      .apply(({ text, settings: { user, objectId, clientId, ...tested }, actsAs }) => {
        const mayBeEarlier = pulumi.runtime.isDryRun();
        return readReceipt(text, { user, objectId, clientId, actsAs, tried: triedRights(tested), mayBeEarlier });
      });
    this.registerOutputs({ receipt: this.receipt });
  }
}

function runOverSsh(
  name: string,
  args: ConnectionCheckArgs,
  privateKey: pulumi.Input<string>,
  script: pulumi.Output<string>,
  parent: pulumi.Resource,
): pulumi.Output<string> {
  const command = new remote.Command(
    `${name}-ssh`,
    {
      connection: {
        host: args.sshHost ?? "",
        port: args.sshPort ?? 22,
        user: args.sshUser ?? "azureuser",
        privateKey: pulumi.secret(privateKey),
        dialErrorLimit: 30,
      },
      // As standard input, so that an error shows the VM's output and not the whole script.
      create: "exec bash -s",
      stdin: script,
      logging: "stderr",
      triggers: [args.objectId],
    },
    { parent, customTimeouts: { create: "20m" } },
  );
  return command.stdout;
}

function runByAzure(
  name: string,
  args: ConnectionCheckArgs,
  script: pulumi.Output<string>,
  parent: pulumi.Resource,
): pulumi.Output<string> {
  const where = { resourceGroupName: args.resourceGroupName, vmName: args.vmName };
  const command = new VirtualMachineRunCommandByVirtualMachine(
    `${name}-run`,
    {
      ...where,
      location: args.location,
      source: { script },
      timeoutInSeconds: 1200,
      asyncExecution: false,
      treatFailureAsDeploymentFailure: true,
    },
    // Azure identifies a run command by its name on the VM, so the old one must go first.
    { parent, deleteBeforeReplace: true },
  );
  // Azure returns the script's output only in the instance view. As a promise: the form with outputs asks nothing in a preview where an argument
  // comes from another stack.
  return pulumi.all([pulumi.output(where), command.name, command.id]).apply(async ([names, runCommandName]) => {
    const args = { ...names, runCommandName, expand: "instanceView" };
    return (await getRunCommand(args, { parent })).instanceView.output ?? "";
  });
}
