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

/** The resource group that the configuration names, else one of the stack's own, if anything is created in it. */
export function createScope({ location, environment, resourceGroupName, apps, existingServerId }: Settings): Scope {
  const tags = { project: pulumi.getProject(), stack: pulumi.getStack(), environment };
  const isNeeded = existingServerId === undefined || apps.some(({ vmName }) => vmName !== undefined);
  return {
    location,
    tags,
    resourceGroupName: resourceGroupName ?? (isNeeded ? new ResourceGroup("app", { location, tags }).name : ""),
  };
}
