import type { ErrorTable } from "./entry.ts";

/** The deployer's login to Microsoft Entra, and what Azure Resource Manager answers. */
export const AZURE_ERRORS = {
  "EP-AZ-01": {
    title: "No access token for the deployer",
    meaning: "No login method of this machine gave a Microsoft Entra token.",
    next: "log in with `az login`, or set ARM_TENANT_ID, ARM_CLIENT_ID and one of ARM_USE_OIDC, ARM_CLIENT_SECRET",
  },
  "EP-AZ-02": {
    title: "The job's OIDC token has expired",
    meaning: "A CI job's OIDC token lives for 5 to 10 minutes; creating a server takes as long.",
    next: "unset ARM_OIDC_TOKEN so that the job requests tokens when it needs them, or run it by delivery/federatedToken",
    outside: [{ aadsts: "700024" }],
  },
  "EP-AZ-03": {
    title: "No federated credential matches the job's OIDC token",
    meaning:
      "The identity of ARM_CLIENT_ID needs a federated credential with the job's exact issuer, subject and audience.",
    next: "compare with `az identity federated-credential list` letter by letter, then add or correct the credential",
    outside: [
      { aadsts: ["70021", "700211", "700212", "700213", "7002138"] },
      { text: /No matching federated identity record found/ },
    ],
  },
  "EP-AZ-04": {
    title: "The job has no source of OIDC tokens",
    meaning: "ARM_USE_OIDC is set, and no variable says where to get an OIDC token.",
    next: "give the job `permissions: id-token: write` (GitHub), or run it by delivery/federatedToken (Azure DevOps)",
    outside: [{ text: /ARM_USE_OIDC is set, and none of|OIDC token or request URL and token must be configured/ }],
  },
  "EP-AZ-05": {
    title: "The token service is busy",
    meaning: "Microsoft Entra, the metadata service or the OIDC endpoint asked to try again later.",
    next: "run `pulumi up` again",
    outside: [
      { aadsts: "90033" },
      {
        phase: "token",
        // The metadata service answers 410 while it is updated. The SDK gives up on it too early, and does not retry 429.
        text: /\b429\b|\(HTTP 410\)|too many requests|reading 'expires_on'|temporarily|OIDC endpoint of \w+ (did not answer|answered 5)/i,
      },
    ],
  },
  "EP-AZ-06": {
    title: "The answer is not an access token",
    meaning:
      "Another program answers in place of Microsoft Entra: a proxy, or something at the metadata service's address.",
    next: "look for the proxy or service that answers, and bypass it",
    outside: [{ phase: "token", text: /not a JSON web token|a token of \d+ bytes/ }],
  },
  "EP-AZ-07": {
    title: "The deployer's login is incompletely configured",
    meaning: "A variable selects a login method, and another variable that the method needs is missing or wrong.",
    next: "set the variable that the error names, or unset the one that selects the method",
  },
  "EP-AZ-08": {
    title: "Unknown Azure cloud",
    meaning: "ARM_ENVIRONMENT or AZURE_ENVIRONMENT holds a name that the azure-native provider does not know.",
    next: "correct the variable, or unset it for the public cloud",
  },
  "EP-AZ-09": {
    title: "The endpoint of an Azure service is not protected",
    meaning: "ARM_ENDPOINT or MSGRAPH_ENDPOINT does not begin with https://, so the token would travel unencrypted.",
    next: "correct the variable, or unset it for the cloud's own endpoint",
  },
  "EP-AZ-10": {
    title: "The deployer's token names no identity",
    meaning: "The token lacks the claims oid and tid, so the administrator cannot be derived from it.",
    next: "set adminObjectId, adminName and adminType in the stack's configuration",
  },
  "EP-AZ-11": {
    title: "Azure Resource Manager is busy",
    meaning: "Azure Resource Manager throttles requests or fails for the moment.",
    next: "run `pulumi up` again; if it fails again, look at Azure's status page",
    outside: [{ phase: "azure", http: ["408", "429", "500", "502", "503", "504"] }],
  },
  "EP-AZ-12": {
    title: "Azure Resource Manager cannot be reached",
    meaning: "This machine has no connection to Azure Resource Manager.",
    next: "check this machine's DNS, proxy and firewall, then run `pulumi up` again",
    outside: [
      {
        phase: "azure",
        node: [
          ...[
            "ENOTFOUND",
            "EAI_AGAIN",
            "ECONNREFUSED",
            "ECONNRESET",
            "EPIPE",
            "ETIMEDOUT",
            "EHOSTUNREACH",
            "ENETUNREACH",
          ],
          // The Azure SDK's own code where Node.js gives none.
          "REQUEST_SEND_ERROR",
        ],
      },
    ],
  },
  "EP-AZ-13": {
    title: "Microsoft Entra refused the client secret",
    meaning: "A client secret is set and wins over the job's OIDC token. This project needs no secret.",
    next: "unset ARM_CLIENT_SECRET and AZURE_CLIENT_SECRET, then log in with `az login` or by OIDC",
    outside: [{ aadsts: "7000215" }],
  },
  "EP-AZ-14": {
    title: "The tenant does not know the client id",
    meaning: "ARM_CLIENT_ID is not the client id of an application or identity in the tenant ARM_TENANT_ID.",
    next: "compare both with `az identity show --query '{client:clientId,tenant:tenantId}'`; the principal id is another id",
    outside: [{ aadsts: "700016" }],
  },
  "EP-AZ-15": {
    title: "The subscription is unknown",
    meaning: "The subscription does not exist, or the identity has no role in it. Azure's answer is the same.",
    next: "compare ARM_SUBSCRIPTION_ID with `az account show --query id`, then the identity's roles with docs/bootstrap.md",
    outside: [{ arm: "SubscriptionNotFound" }, { text: /The subscription '[^'\s]*' could not be found/ }],
  },
  "EP-AZ-16": {
    title: "The identity lacks an Azure role",
    meaning: "No role assignment of the identity allows the action. A new assignment takes minutes to count.",
    next: "compare `az role assignment list --assignee <object id> --all` with the table of roles in docs/bootstrap.md",
    outside: [{ arm: "AuthorizationFailed" }, { text: /does not have authorization to perform action/ }],
  },
  "EP-AZ-17": {
    title: "Azure works on the resource",
    meaning: "Azure refuses a second operation on a resource until the first has ended.",
    next: "run `pulumi up` again once the other operation has ended",
    outside: [
      {
        phase: "azure",
        text: /^(AnotherOperationInProgress|ServerIsBusy|AadAuthOperationCannotBePerformedWhenServerIsNotAccessible)/,
      },
    ],
  },
  "EP-AZ-18": {
    title: "Azure refuses the change",
    meaning: "Azure Resource Manager answered with a refusal that trying again does not change.",
    next: "read Azure's reason, correct what it names, and run `pulumi up` again",
  },
  "EP-AZ-19": {
    title: "The login is of another tenant",
    meaning:
      "The token was issued by a tenant that is not the subscription's, or not the one that is configured. Azure takes no other tenant's token.",
    next: "log in to the tenant that the error names: az login --tenant <tenant id>; in a job set ARM_TENANT_ID",
    outside: [{ arm: "InvalidAuthenticationTokenTenant" }],
  },
  "EP-AZ-20": {
    title: "The deployer's login has expired",
    meaning: "The access token is past its expiry, or the login behind it is too old to get a new one.",
    next: "log in again (`az login`, or start the job again); if it stays, compare this machine's clock with the time of day",
    outside: [{ arm: "ExpiredAuthenticationToken" }, { aadsts: ["50173", "70043", "700082", "700084"] }],
  },
  "EP-AZ-21": {
    title: "Azure does not accept the token",
    meaning:
      "The token is for another service or another cloud, or something between this machine and Azure changed it.",
    next: "compare ARM_ENVIRONMENT with the subscription's cloud, then log in again",
    outside: [
      // The tenant of another cloud does not have the service.
      { aadsts: "500011" },
      { arm: ["InvalidAuthenticationToken", "InvalidAuthenticationTokenAudience", "AuthenticationFailed"] },
      { phase: "azure", http: "401" },
    ],
  },
} as const satisfies ErrorTable;
