import * as pulumi from "@pulumi/pulumi";

/** Package and type of {@link DynamicResource} `name`, by which the state and policies know it. */
export function dynamicType(name: string): string {
  return `pulumi-nodejs:dynamic/entra-postgres:${name}`;
}

/**
 * What the engine stores in each resource's state: a text that names an export of this package, which is found in node_modules when it runs.
 * So changed code causes no diff, and corrected code also serves resources that were created before.
 *
 * `pulumi.dynamic.Resource` would generate such a text from an object's functions, and load a TypeScript compiler to do so.
 * Format: @pulumi/pulumi, cmd/dynamic-provider/index.js, getProvider.
 */
function providerText(runtime: string): string {
  return `exports.handler = () => {
  const call = (name) => async (...args) => (await import("entra-postgres/${runtime}"))[name](...args);
  return {
    check: call("check"),
    diff: call("diff"),
    create: call("create"),
    read: call("read"),
    update: call("update"),
    delete: call("remove"),
  };
};
`;
}

/** A dynamic resource whose operations are exports of this package. */
export class DynamicResource extends pulumi.CustomResource {
  /**
   * @param type last part of its type token
   * @param runtime export of this package with `check`, `diff`, `create`, `read`, `update` and `remove`; it is in users' state for ever
   */
  constructor(
    { type, runtime }: { type: string; runtime: string },
    name: string,
    inputs: pulumi.Inputs,
    opts?: pulumi.CustomResourceOptions,
  ) {
    super(dynamicType(type), name, { ...inputs, __provider: providerText(runtime) }, opts);
  }
}
