/** The sandbox's one subscription. */
export const SUBSCRIPTION_ID = "5a4db0c5-0000-4000-8000-000000000001";

/**
 * The identity that deploys: a user-assigned managed identity, as of a build agent on Azure. It is the administrator of its servers, under its
 * display name. Its ids are fixed so that they are easy to recognise.
 */
export const DEPLOYER = {
  displayName: "sandbox-deployer",
  objectId: "de910e4e-0000-4000-8000-000000000002",
  clientId: "de910e4e-0000-4000-8000-000000000003",
  type: "service",
  resourceId: `/subscriptions/${SUBSCRIPTION_ID}/resourceGroups/deployment/providers/Microsoft.ManagedIdentity/userAssignedIdentities/sandbox-deployer`,
} as const;
