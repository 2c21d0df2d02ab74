import type { KnownError } from "./explain.ts";

const BOOTSTRAP = "docs/bootstrap.md";

/** What Microsoft Entra ID, Azure Resource Manager, the state's storage account, its key vault and the database's network answer. */
export const azureErrors: readonly KnownError[] = [
  {
    kind: "expired assertion",
    source: "https://github.com/Azure/azure-cli/issues/28708",
    pattern: /AADSTS700024\b/,
    explain: (_match, { platform }) => ({
      problem: "The job's federated assertion was over when it was used: it lives for 5 to 10 minutes.",
      next:
        platform === "github"
          ? "run the job again; if it comes back, look at the step that keeps the token file fresh (tools/federatedToken) and that ARM_OIDC_TOKEN is not set"
          : "log in again and repeat the command; in a pipeline run it by tools/federatedToken, which keeps the assertion fresh",
    }),
  },
  {
    kind: "no federated credential",
    source: "https://github.com/Azure/login/issues/379, https://github.com/Azure/login/issues/515",
    pattern: /AADSTS70021\d{0,2}\b|No matching federated identity record found for presented assertion/,
    explain: (_match, { platform }, output) => {
      const subject = /presented assertion subject '([\w:./@-]{1,300})'/.exec(output)?.[1];
      const wanted = subject === undefined ? "the job's subject" : `the subject ${subject}`;
      return {
        problem: `The identity has no federated credential for ${wanted}; capitals count.`,
        next: `compare with \`az identity federated-credential list\`, then make the one that is missing: ${BOOTSTRAP}${
          platform === "github" ? "; a job without `environment:` has another subject than one with it" : ""
        }`,
      };
    },
  },
  {
    kind: "unknown client",
    source: "https://learn.microsoft.com/entra/identity-platform/reference-error-codes",
    pattern: /AADSTS700016\b/,
    explain: () => ({
      problem: "The tenant knows no application or identity with the client id that the job has.",
      next: "compare ARM_CLIENT_ID and ARM_TENANT_ID with `az identity show --query '{client:clientId,tenant:tenantId}'`: it is the client id, not the principal id",
    }),
  },
  {
    kind: "no assertion",
    source: "pulumi/pulumi-azure-native, provider/pkg/provider/auth_azidentity.go",
    pattern: /OIDC token or request URL and token must be configured|ARM_USE_OIDC is set, but none of/,
    explain: (_match, { platform }) => ({
      problem: "The job was given no way to ask for an assertion.",
      next:
        platform === "github"
          ? "give the job `permissions: id-token: write`; a run for a fork's pull request never has it"
          : "run the command in a job with a federated service connection, or log in with `az login`",
    }),
  },
  {
    kind: "no such subscription",
    source: "https://github.com/Azure/azure-cli/issues/33657",
    pattern: /\bSubscriptionNotFound\b|The subscription '[^'\s]*' could not be found/,
    explain: () => ({
      problem: "Azure knows no such subscription, or the identity has no role in it: the answer is the same.",
      next: `compare ARM_SUBSCRIPTION_ID with \`az account show --query id\`, then the identity's roles with ${BOOTSTRAP}`,
    }),
  },
  {
    kind: "missing role",
    source: "https://github.com/pulumi/pulumi-azure-native/issues/1511",
    pattern: /\bAuthorizationFailed\b|does not have authorization to perform action/,
    explain: (_match, _context, output) => {
      const [, id, action, scope] =
        /with object id '([\w-]+)' does not have authorization to perform action '([\w./*-]+)' over scope '([\w./-]+)'/.exec(
          output,
        ) ?? [];
      return {
        problem: id
          ? `The identity ${id} has no role that allows ${action} on ${scope}.`
          : "The identity has no role for what it was to do.",
        next: `compare \`az role assignment list --assignee ${id ?? "<object id>"} --all\` with the table of roles in ${BOOTSTRAP}; a new assignment takes minutes`,
      };
    },
  },
  {
    kind: "state refused",
    source: "https://github.com/pulumi/pulumi/issues/16587",
    pattern: /\bAuthorizationPermissionMismatch\b/,
    explain: () => ({
      problem: "The identity may not read or write the state's container.",
      next: `give it "Storage Blob Data Contributor" (deploy) or "Storage Blob Data Reader" (preview, drift) on that container: ${BOOTSTRAP}; Owner and Contributor do not include it`,
    }),
  },
  {
    kind: "state behind a firewall",
    source: "https://learn.microsoft.com/rest/api/storageservices/common-rest-api-error-codes",
    pattern: /ERROR CODE: AuthorizationFailure\b|ErrorCode=AuthorizationFailure\b/,
    explain: () => ({
      problem: "The state's storage account refuses this runner's network, or the login itself.",
      next: "let the runner's network in (`az storage account network-rule list`), or run the job on a runner inside it (variable DELIVERY_RUNNER)",
    }),
  },
  {
    kind: "key refused",
    source: "https://github.com/pulumi/actions/issues/1045, https://github.com/pulumi/pulumi-azure-native/issues/890",
    pattern: /secrets \(code=PermissionDenied\)|\bForbiddenByRbac\b|does not have keys (?:encrypt|decrypt) permission/,
    explain: () => ({
      problem: "The identity may not use the key that encrypts the stack's secrets.",
      next: `give it "Key Vault Crypto User" on that key: ${BOOTSTRAP}`,
    }),
  },
  {
    kind: "server not reachable",
    source: "components/principal/connectionProblem.ts; lib/pq, which the postgresql provider connects with",
    pattern:
      /silence is how a firewall refuses|passing the server's firewall failed|no pg_hba\.conf entry for host|reaching the database server failed|dial tcp [^\n]*:(?:5432|6432): (?:i\/o timeout|connect: )|lookup [^\s]*\.postgres\.database\.azure\.com[^\n]*no such host/,
    explain: (_match, { platform }) => ({
      problem: "This machine does not reach the database server: its firewall or its private network keeps it out.",
      next:
        platform === "local"
          ? "add this machine's address to allowedAddresses, or run from inside the network of a private server"
          : "run the job on a runner inside the server's network (variable DELIVERY_RUNNER), or on one with a fixed address in allowedAddresses: docs/delivery.md",
    }),
  },
];
