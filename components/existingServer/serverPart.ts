import type * as pulumi from "@pulumi/pulumi";
import { DynamicResource } from "../dynamicResource/dynamicResource.ts";

/** The arguments of {@link ServerPart}. */
export interface ServerPartArgs {
  /** ARM id of the server. Changing it replaces. */
  serverId: pulumi.Input<string>;
  /** Its path below the server: `administrators/<object id>` or `databases/<name>`. Changing it replaces. */
  path: pulumi.Input<string>;
  /** Its properties, as the REST API has them. Changing them replaces; a part that is there must have the same. */
  properties: pulumi.Input<{ [name: string]: pulumi.Input<string> }>;
  /** Seconds that one operation may take, waits included, 1 to 3600. @default 600 */
  deadlineSeconds?: pulumi.Input<number>;
}

/**
 * An administrator or a database of a server that another program made. One that is there already is used and never changed or deleted; one that this
 * resource creates goes with it.
 *
 * @throws {UserError} EP-SERVER-10 for a part that is there with other properties, EP-AZ-18 where Azure refuses the change
 */
export class ServerPart extends DynamicResource {
  /** Its path below the server, known once it is there. */
  declare readonly path: pulumi.Output<string>;
  /** Whether it was there before. */
  declare readonly found: pulumi.Output<boolean>;

  constructor(name: string, args: ServerPartArgs, opts?: pulumi.CustomResourceOptions) {
    const { deadlineSeconds = 600, ...rest } = args;
    super(
      { type: "ServerPart", runtime: "server-part-runtime" },
      name,
      { ...rest, deadlineSeconds, found: undefined },
      opts,
    );
  }
}
