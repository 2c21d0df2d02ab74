import { ResourceGroup } from "@pulumi/azure-native/resources/resourceGroup.js";
import * as pulumi from "@pulumi/pulumi";
import type { Settings } from "./config/settings.ts";

/** Where everything is created, and how it is tagged. */
export interface Scope {
  resourceGroupName: pulumi.Input<string>;
  location: string;
  /** `project`, `stack` and `environment`: whose it is and what it is for. */
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
