import type { Input } from "@pulumi/pulumi";

/** Where a resource is created. */
export interface Scope {
  resourceGroupName: Input<string>;
  location: string;
}
