import { getVirtualMachineRunCommandByVirtualMachineOutput } from "@pulumi/azure-native/compute/getVirtualMachineRunCommandByVirtualMachine.js";
import { VirtualMachineRunCommandByVirtualMachine } from "@pulumi/azure-native/compute/virtualMachineRunCommandByVirtualMachine.js";
import { remote } from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import { connectionTestScript } from "./proof.ts";
import { type Receipt, readReceipt } from "./receipt.ts";

/** The arguments of {@link ConnectionCheck}. */
export interface ConnectionCheckArgs {
  /** Resource group of the VM. */
  resourceGroupName: pulumi.Input<string>;
  /** Azure region of the VM. */
  location: pulumi.Input<string>;
  /** Name of the VM that runs the proof. */
  vmName: pulumi.Input<string>;
  /** DNS name of the database server. */
  host: pulumi.Input<string>;
  /** TCP port of the database server. @default 5432 */
  port?: pulumi.Input<number>;
  /** Database to open. */
  database: pulumi.Input<string>;
  /** Role to log in as. */
  user: pulumi.Input<string>;
  /** Role that its sessions act as, by database, as given to `EntraPrincipal`. @default itself */
  actsAs?: pulumi.Input<{ [database: string]: pulumi.Input<string> }>;
  /**
   * Profile whose rights are proved one by one, on each thing that is in the schema, as is that none goes beyond them. The database has to be
   * a `PrivateDatabase`: elsewhere everybody may make temporary tables. @default only the login is proved
   */
  profile?: pulumi.Input<string>;
  /** The application's schema; needed with `profile`. */
  schema?: pulumi.Input<string>;
  /** Schemas of other applications in the database: reading, writing and making anything there must be denied. @default none */
  foreignSchemas?: pulumi.Input<pulumi.Input<string>[]>;
  /** Databases of other applications: entering them must be denied. @default none */
  foreignDatabases?: pulumi.Input<pulumi.Input<string>[]>;
  /** Object id that the token must carry. A new one runs the proof again. */
  objectId: pulumi.Input<string>;
  /** Client id to ask the token for. */
  clientId: pulumi.Input<string>;
  /** PEM of the authority that signed the server's certificate. @default the VM's own list, which holds Azure's */
  caCert?: pulumi.Input<string>;
  /** SSH private key in OpenSSH form: with it the proof runs over SSH. @default none: it runs by Azure's run command */
  sshPrivateKey?: pulumi.Input<string>;
  /** Address of the VM's SSH server. Needed with `sshPrivateKey`. */
  sshHost?: pulumi.Input<string>;
  /** Port of the VM's SSH server. @default 22 */
  sshPort?: pulumi.Input<number>;
  /** Login name of the SSH user. @default "azureuser" */
  sshUser?: pulumi.Input<string>;
}

/**
 * The proof: on the VM, as its identity, a token from the metadata service and a login with it, TLS verified in full.
 * A login that fails fails the update, with the reason in the VM's words. So does a right that the profile has and the login does not, or
 * the other way round, with the line that failed; everything tried is rolled back.
 *
 * By run command, what the VM said stands in Azure's error as far as Azure puts it there; all of it, the last 4096 bytes, is answered by
 * `az vm run-command show --resource-group … --vm-name … --run-command-name … --instance-view --query instanceView.error --output tsv`.
 *
 * Over SSH the VM's host key is not known beforehand and is not verified: the script that goes there holds no secret.
 */
export class ConnectionCheck extends pulumi.ComponentResource {
  /** What the VM saw. */
  readonly receipt: pulumi.Output<Receipt>;

  constructor(name: string, args: ConnectionCheckArgs, opts?: pulumi.ComponentResourceOptions) {
    super("entra-postgres:index:ConnectionCheck", name, {}, opts);
    const script = pulumi
      .output({
        clientId: args.clientId,
        objectId: args.objectId,
        host: args.host,
        port: args.port ?? 5432,
        database: args.database,
        user: args.user,
        caCert: args.caCert ?? "",
        access: args.profile
          ? { profile: args.profile, schema: args.schema ?? "", foreignSchemas: args.foreignSchemas ?? [] }
          : undefined,
        foreignDatabases: args.foreignDatabases ?? [],
      })
      .apply(connectionTestScript);
    const output = args.sshPrivateKey
      ? runOverSsh(name, args, args.sshPrivateKey, script, this)
      : runByAzure(name, args, script, this);
    this.receipt = pulumi
      .output({
        text: output,
        expected: { user: args.user, objectId: args.objectId, clientId: args.clientId },
        database: args.database,
        actsAs: args.actsAs,
      })
      .apply(({ text, expected, database, actsAs }) => readReceipt(text, { ...expected, actsAs: actsAs?.[database] }));
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
      // The script goes in as input, so that an error shows what the VM said and not the whole script.
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
    // Its name is its place on the VM: a new one cannot be there beside the old one.
    { parent, deleteBeforeReplace: true },
  );
  // Azure answers what the script printed only to those who ask for the instance view.
  return getVirtualMachineRunCommandByVirtualMachineOutput(
    {
      ...where,
      runCommandName: pulumi.all([command.id, command.name]).apply(([, runCommandName]) => runCommandName),
      expand: "instanceView",
    },
    { parent },
  ).apply((result) => result.instanceView.output ?? "");
}
