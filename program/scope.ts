import { ResourceGroup } from "@pulumi/azure-native/resources/resourceGroup.js";
import * as pulumi from "@pulumi/pulumi";
import type { Settings } from "./config/settings.ts";

/** Where the resources are created, and their tags. */
export interface Scope {
  resourceGroupName: pulumi.Input<string>;
  location: string;
  /** `project`, `stack` and `environment`. */
  tags: { [key: string]: string };
}

/** The resource group that the configuration names, else one of the stack's own. */
export function createScope({ location, environment, resourceGroupName }: Settings): Scope {
  const tags = { project: pulumi.getProject(), stack: pulumi.getStack(), environment };
  return {
    location,
    tags,
    resourceGroupName: resourceGroupName ?? new ResourceGroup("app", { location, tags }).name,
  };
}
