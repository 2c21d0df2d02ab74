import * as pulumi from "@pulumi/pulumi";
import type { EntraPrincipalArgs } from "entra-postgres";
import type { PrincipalInputs } from "../../../components/principal/inputs.ts";
import type { PrincipalOutputs } from "../../../components/principal/reading.ts";

// The path is no secret and the same in every clone's test run; it is an input, because what the engine stores must capture nothing.
type Inputs = PrincipalInputs & { control: string };

const provider: pulumi.dynamic.ResourceProvider<Inputs, PrincipalOutputs & { control: string }> = {
  diff: async (id, olds, news) => (await import(news.control)).control.diff(id, olds, news),
  create: async (inputs) => (await import(inputs.control)).control.create(inputs),
  update: async (id, olds, news) => (await import(news.control)).control.update(id, olds, news),
  delete: async (id, props) => (await import(props.control)).control.remove(id, props),
};

/** The control as a resource of the real engine. */
export class ControlPrincipal extends pulumi.dynamic.Resource {
  declare readonly message: pulumi.Output<string>;

  constructor(name: string, args: EntraPrincipalArgs, opts?: pulumi.CustomResourceOptions) {
    const { port, database, principalType, isAdmin, isMfa } = args;
    const defaults = {
      port: port ?? 5432,
      database: database ?? "postgres",
      principalType: principalType ?? "service",
      isAdmin: isAdmin ?? false,
      isMfa: isMfa ?? false,
    };
    const control = new URL("../control.ts", import.meta.url).href;
    super(provider, name, { ...args, ...defaults, control, message: undefined }, opts, "entra-postgres", "Control");
  }
}
