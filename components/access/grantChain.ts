import type * as pulumi from "@pulumi/pulumi";

/**
 * Makes resources one after another. Two changes of one access list at a time, such as grants to two roles on one schema, are refused
 * by PostgreSQL with "tuple concurrently updated", and the provider locks too little to prevent it
 * (cyrilgdn/terraform-provider-postgresql#178).
 */
export class GrantChain {
  readonly #options: pulumi.CustomResourceOptions;
  #last: pulumi.Resource[];

  /** @param options of every resource; what they depend on comes before the first */
  constructor(options: pulumi.CustomResourceOptions, after: pulumi.Resource[] = []) {
    this.#options = options;
    this.#last = after;
  }

  /** What comes after everything in the chain depends on these. */
  get last(): pulumi.Resource[] {
    return this.#last;
  }

  /** Makes the next resource, with the options that it is to have. */
  add<T extends pulumi.Resource>(
    make: (options: pulumi.CustomResourceOptions) => T,
    more: pulumi.CustomResourceOptions = {},
  ): T {
    const made = make({ ...this.#options, ...more, dependsOn: this.#last });
    this.#last = [made];
    return made;
  }
}
