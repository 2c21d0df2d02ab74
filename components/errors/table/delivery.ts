import type { ErrorTable } from "./entry.ts";

/** Errors of the pipelines, and of the Pulumi CLI and the state that they use. */
export const DELIVERY_ERRORS = {
  "EP-DELIVERY-01": {
    title: "A variable of the job is missing or malformed",
    meaning: "Each job checks its variables before it logs in; docs/delivery.md lists them.",
    next: "Set the variable with the command in the message.",
  },
  "EP-DELIVERY-02": {
    title: "The stack's configuration file is incomplete",
    meaning:
      "A pipeline needs the administrators' group and, with state in Azure Storage, a Key Vault key in Pulumi.<stack>.yaml.",
    next: "Follow the message, and commit the file.",
  },
  "EP-DELIVERY-03": {
    title: "The run is not for the newest commit of main",
    meaning: "A run that waited for its approval, or is run again, would deploy an older program.",
    next: "Approve the run of the newest commit; if there is none, start the workflow deploy on main.",
  },
  "EP-DELIVERY-04": {
    title: "GitHub refused a call of the job",
    meaning: "The job's token lacks a permission, or GitHub did not answer.",
    next: "Give the job the permission that the message names, and run it again.",
  },
  "EP-DELIVERY-05": {
    title: "Another update holds the stack's lock",
    meaning: "Another run works on the stack, or was killed while it did.",
    next: "Wait for that run to end. Only if it has ended: `pulumi cancel --stack <stack>`, then `pulumi refresh --stack <stack>`.",
    outside: [{ text: /the stack is currently locked by \d+ lock/ }, { text: /\[409\] Conflict: Another update/ }],
  },
  "EP-DELIVERY-06": {
    title: "An earlier run was killed during an operation",
    meaning: "The state has pending operations: nobody knows whether they happened.",
    next: "Run `pulumi refresh --stack <stack>` in a terminal, which asks about each of them; then run the job again.",
    outside: [{ text: /with \d+ pending operations? from previous deployment/ }],
  },
  "EP-DELIVERY-07": {
    title: "The state has no such stack",
    meaning: "PULUMI_STACK or PULUMI_BACKEND_URL is wrong, or nobody has created the stack.",
    next: "Compare PULUMI_STACK with `pulumi stack ls --all`; to create the stack: `pulumi stack init`, as in docs/delivery.md.",
    outside: [{ text: /no stack named '[\w./-]+' found/ }],
  },
  "EP-DELIVERY-08": {
    title: "The stack's secrets need a passphrase",
    meaning: "The stack was created without a key in Key Vault. A job has no safe place for a passphrase.",
    next: "`pulumi stack change-secrets-provider --stack <stack> azurekeyvault://<vault>.vault.azure.net/keys/<key>`, and commit the stack's file.",
    outside: [{ text: /passphrase must be set with PULUMI_CONFIG_PASSPHRASE|incorrect passphrase/ }],
  },
  "EP-DELIVERY-09": {
    title: "The Pulumi CLI has no backend for the state",
    meaning: "PULUMI_BACKEND_URL is not set, and nobody has logged in.",
    next: "Run `pulumi login`, or set PULUMI_BACKEND_URL in the pipeline: docs/delivery.md.",
    outside: [{ text: /PULUMI_ACCESS_TOKEN must be set for login during non-interactive CLI sessions/ }],
  },
  "EP-DELIVERY-10": {
    title: "A provider plugin could not be downloaded",
    meaning: "The plugin's server, or GitHub's rate limit, refused the download.",
    next: "Run the job again; GITHUB_TOKEN raises GitHub's rate limit, and a runner in a private network must reach the server.",
    outside: [{ text: /\d{3} HTTP error fetching plugin from |rate limit exceeded: 403 HTTP error/ }],
  },
  "EP-DELIVERY-11": {
    title: "A protected resource would be deleted",
    meaning: "Outside dev, deletionProtection protects the server and its databases.",
    next: "To delete them with all data: `pulumi config set deletionProtection Disabled --stack <stack>`, deploy that line, and run this again.",
    outside: [{ text: /resource "?urn:pulumi:[^"\s]+"? cannot be deleted\s+because it is protected/ }],
  },
  "EP-DELIVERY-12": {
    title: "The stack has drifted",
    meaning: "Somebody changed Azure or the database outside Pulumi.",
    next: "`pulumi up --refresh` repairs the drift; or change the program to what is wanted.",
    outside: [{ text: /no changes were expected for refresh but changes were proposed/ }],
  },
  "EP-DELIVERY-13": {
    title: "A preview after the update still shows changes",
    meaning: "The program asks for something that Azure answers differently.",
    next: "`pulumi preview --diff` shows the property: declare what Azure answers, or ignore the property with the reason beside it.",
    outside: [{ text: /no changes were expected for (preview|update) but changes were proposed/ }],
  },
  "EP-DELIVERY-14": {
    title: "The identity may not read or write the state's container",
    meaning: "Owner and Contributor do not include a data role on Azure Storage.",
    next: 'Give it "Storage Blob Data Contributor" (deploy) or "Storage Blob Data Reader" (preview, drift): docs/bootstrap.md.',
    outside: [{ arm: "AuthorizationPermissionMismatch" }],
  },
  "EP-DELIVERY-15": {
    title: "The state's storage account refused this runner's network",
    meaning: "The account's network rules do not allow the runner's address.",
    next: "Allow the network (`az storage account network-rule list`), or use a runner inside it (variable DELIVERY_RUNNER).",
    outside: [{ text: /(?:ERROR CODE: |ErrorCode=)AuthorizationFailure\b/ }],
  },
  "EP-DELIVERY-16": {
    title: "The state's storage account has no such container",
    meaning: "PULUMI_BACKEND_URL names a container that does not exist or was deleted.",
    next: "Compare it with `az storage container list --auth-mode login --account-name <account>`. A deleted one can be restored for 30 days.",
    outside: [{ arm: "ContainerNotFound" }, { text: /The specified container does not exist/ }],
  },
  "EP-DELIVERY-17": {
    title: "The Pulumi CLI has no login for the state and its key",
    meaning: "The CLI's Azure SDK reads AZURE_*, not ARM_*.",
    next: "In a pipeline run the command by delivery/federatedToken; on a laptop `az login`, and unset AZURE_STORAGE_KEY and AZURE_STORAGE_SAS_TOKEN.",
    outside: [
      // Where Entra answered, its own code says more.
      {
        text: /^(?![\s\S]*AADSTS\d)[\s\S]*(?:DefaultAzureCredential: failed to acquire a token|(?:ERROR CODE: |ErrorCode=)(?:NoAuthenticationInformation|InvalidAuthenticationInfo|AuthenticationFailed)\b)/,
      },
    ],
  },
  "EP-DELIVERY-18": {
    title: "The state's key vault or storage account does not resolve",
    meaning: "It does not exist, or the runner's DNS does not know its private address.",
    next: "Compare `secretsprovider` and PULUMI_BACKEND_URL with `az keyvault list` and `az storage account list`. A deleted vault comes back with `az keyvault recover`.",
    outside: [{ text: /lookup [a-z0-9-]{3,24}\.(?:vault\.azure|blob\.core\.windows)\.net\b[^\n]*no such host/ }],
  },
  "EP-DELIVERY-19": {
    title: "The identity may not use the stack's key",
    meaning: "The key in Key Vault encrypts the stack's secrets.",
    next: 'Give it "Key Vault Crypto User" on that key: docs/bootstrap.md.',
    outside: [
      { arm: "ForbiddenByRbac" },
      { text: /secrets \(code=PermissionDenied\)|does not have keys (?:encrypt|decrypt) permission/ },
    ],
  },
  "EP-DELIVERY-20": {
    title: "The command line of delivery/main.ts is wrong",
    meaning: "`node delivery/main.ts` does not know the command or an option, or an option is missing.",
    next: "See the usage below the error.",
  },
} as const satisfies ErrorTable;
