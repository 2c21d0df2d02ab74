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
          ? "run the job again; if it comes back, look at the step that keeps the token file fresh (delivery/federatedToken) and that ARM_OIDC_TOKEN is not set"
          : "log in again and repeat the command; in a pipeline run it by delivery/federatedToken, which keeps the assertion fresh",
    }),
  },
  {
    kind: "no federated credential",
    source: "https://github.com/Azure/login/issues/379, https://github.com/Azure/login/issues/515",
    // Not of an issuer, which is another thing to put right.
    pattern:
      /AADSTS70021(?!1\b)\d{0,2}\b|No matching federated identity record found for presented assertion(?! issuer)/,
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
    kind: "issuer not trusted",
    source: "https://github.com/Azure/azure-workload-identity/issues/1200",
    pattern: /AADSTS700211\b|No matching federated identity record found for presented assertion issuer/,
    explain: (_match, { platform }, output) => {
      const issuer = /presented assertion issuer '(https:\/\/[\w./:-]{1,300})'/.exec(output)?.[1];
      return {
        problem: `The identity trusts no tokens of ${issuer ?? "the job's issuer"}: its federated credentials name another issuer.`,
        next: `compare with the issuers in \`az identity federated-credential list\`, to the last slash; ${
          platform === "azure-devops"
            ? "give the bootstrap the issuer that the service connection shows (--azure-devops)"
            : "GitHub's is https://token.actions.githubusercontent.com, and an enterprise may have one of its own"
        }: ${BOOTSTRAP}`,
      };
    },
  },
  {
    kind: "client secret refused",
    source: "https://github.com/Azure/login/issues/475",
    pattern: /AADSTS7000215\b/,
    explain: (_match, { platform }) => ({
      problem:
        "A client secret was used and refused: delivery needs none, and one that is set wins over the job's assertion.",
      next:
        platform === "local"
          ? "unset ARM_CLIENT_SECRET and AZURE_CLIENT_SECRET and log in with `az login`; or set the secret's value, not its id"
          : "take ARM_CLIENT_SECRET and AZURE_CLIENT_SECRET from the job and its runner, so that it logs in by its assertion",
    }),
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
    kind: "no such container",
    source: "seen, with the code of https://learn.microsoft.com/rest/api/storageservices/blob-service-error-codes",
    pattern: /\bContainerNotFound\b|The specified container does not exist/,
    explain: () => ({
      problem: "The state's storage account has no such container.",
      next: `compare PULUMI_BACKEND_URL, azblob://<container>?storage_account=<account>, with \`az storage container list --auth-mode login --account-name <account>\`; what makes it: ${BOOTSTRAP}. One that was deleted can be restored for 30 days`,
    }),
  },
  {
    kind: "no login for state and key",
    source: "seen; https://github.com/pulumi/actions/issues/1010, https://github.com/pulumi/pulumi/issues/13183",
    // Where Entra answered, its own code says more.
    pattern:
      /^(?![\s\S]*AADSTS\d)[\s\S]*(?:DefaultAzureCredential: failed to acquire a token|(?:ERROR CODE: |ErrorCode=)(?:NoAuthenticationInformation|InvalidAuthenticationInfo|AuthenticationFailed)\b)/,
    explain: (_match, { platform }) => ({
      problem:
        "What reads the state and its key has no login, or one that Azure does not take. It knows AZURE_*, and not ARM_*.",
      next:
        platform === "local"
          ? "`az login`, and unset AZURE_STORAGE_KEY, AZURE_STORAGE_SAS_TOKEN and AZURE_STORAGE_CONNECTION_STRING, which would win over it"
          : "run the command by delivery/federatedToken, which sets AZURE_CLIENT_ID, AZURE_TENANT_ID and AZURE_FEDERATED_TOKEN_FILE; leave AZURE_STORAGE_KEY and AZURE_STORAGE_SAS_TOKEN unset: docs/delivery.md",
    }),
  },
  {
    kind: "no such host",
    source: "seen",
    pattern: /lookup ([a-z0-9-]{3,24})\.(vault\.azure|blob\.core\.windows)\.net\b[^\n]*no such host/,
    explain: ([, name, kind]) =>
      kind === "vault.azure"
        ? {
            problem: `There is no key vault ${name}, or this machine's DNS does not know its private address.`,
            next: `compare \`secretsprovider\` in the stack's file with \`az keyvault list\`; one that was deleted comes back with its key: \`az keyvault recover --name ${name}\``,
          }
        : {
            problem: `There is no storage account ${name}, or this machine's DNS does not know its private address.`,
            next: "compare PULUMI_BACKEND_URL with `az storage account list --query [].name`",
          },
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
    source: "components/postgres/connectionProblem.ts; lib/pq, which the postgresql provider connects with",
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
