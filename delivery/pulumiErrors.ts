import type { KnownError } from "./explain.ts";

/** What the Pulumi CLI and its engine print, as CLI 3.259 does. */
export const pulumiErrors: readonly KnownError[] = [
  {
    kind: "no backend",
    source: "seen",
    pattern: /PULUMI_ACCESS_TOKEN must be set for login during non-interactive CLI sessions/,
    explain: () => ({
      problem: "The Pulumi CLI was told of no place for the state.",
      next: "`pulumi login`, or in a pipeline set PULUMI_BACKEND_URL: azblob://<container>?storage_account=<account>, or https://api.pulumi.com with PULUMI_ORGANIZATION: docs/delivery.md",
    }),
  },
  {
    kind: "plugin not downloaded",
    source: "https://github.com/pulumi/actions/issues/815; pulumi/pulumi, sdk/go/common/workspace/plugins.go",
    pattern: /(\d{3}) HTTP error fetching plugin from (https:\/\/[\w./-]{1,300})|rate limit exceeded: 403 HTTP error/,
    explain: ([, status = "403", address], { platform }) => ({
      problem: `The Pulumi CLI could not download a provider: ${address ?? "GitHub's rate limit"} answered ${status}.`,
      next: `run it again, since this passes as a rule; a rate limit of GitHub's is higher with GITHUB_TOKEN set${
        platform === "local" ? "" : ", and a runner inside a network has to reach that address"
      }; a version that is not there is a mistake in package.json`,
    }),
  },
  {
    kind: "locked",
    source: "seen",
    pattern: /the stack is currently locked by (\d+) lock\(s\)/,
    explain: (_match, { stack, platform }, output) => {
      const lock = /created by ([^\s@]+@[^\s]+) \(pid (\d+)\) at (\S+)/.exec(output);
      const holder = lock ? ` by ${lock[1]} (process ${lock[2]}) since ${lock[3]}` : "";
      return {
        problem: `Another run holds the lock of ${stack}${holder}.`,
        next: `${waitFor(platform)}, and only when you have seen that it ended: ${cancel(stack)}`,
      };
    },
  },
  {
    kind: "locked in Pulumi Cloud",
    source: "https://github.com/pulumi/pulumi/issues/2073",
    pattern: /\[409\] Conflict: Another update is currently in progress/,
    explain: (_match, { stack, platform }) => ({
      problem: `Another run is updating ${stack}.`,
      next: `${waitFor(platform)}, and only when you have seen that it ended: ${cancel(stack)}`,
    }),
  },
  {
    kind: "interrupted before",
    source: "pulumi/pulumi, pkg/resource/deploy/deployment_executor.go",
    pattern: /with (\d+) pending operations? from previous deployment/,
    explain: ([, count], { stack }) => ({
      problem: `An earlier run was killed in the middle of ${count} operation(s): whether they happened is not known.`,
      next: `\`pulumi refresh --stack ${stack}\`, which asks about each of them, from a terminal; then run the job again`,
    }),
  },
  {
    kind: "no such stack",
    source: "seen",
    pattern: /no stack named '([\w./-]+)' found/,
    explain: ([, name]) => ({
      problem: `The state holds no stack ${name}.`,
      next: `compare PULUMI_STACK with \`pulumi stack ls --all\`; to make it, once: \`pulumi stack init ${name} --secrets-provider azurekeyvault://<vault>.vault.azure.net/keys/<key>\`, and commit the file that changed`,
    }),
  },
  {
    kind: "passphrase",
    source: "seen",
    pattern: /passphrase must be set with PULUMI_CONFIG_PASSPHRASE|incorrect passphrase/,
    explain: (_match, { stack }) => ({
      problem: `The secrets of ${stack} are encrypted by a passphrase, which a job has no safe place for.`,
      next: `\`pulumi stack change-secrets-provider --stack ${stack} azurekeyvault://<vault>.vault.azure.net/keys/<key>\`, and commit the stack's file`,
    }),
  },
  {
    kind: "policy violated",
    source: "seen",
    pattern: /^\s*- \[mandatory\]\s+[\w.-]+/m,
    explain: (_match, _context, output) => {
      const names = [...new Set([...output.matchAll(/^\s*- \[mandatory\]\s+([\w.-]+)/gm)].map(([, name]) => name))];
      return {
        problem: `${names.length === 1 ? "A mandatory policy is" : `${names.length} mandatory policies are`} broken: ${names.join(", ")}.`,
        next: "change the program or the stack's configuration as the lines under `Policies:` say; each rule and its source: docs/policies.md",
      };
    },
  },
  {
    kind: "policy pack crashed",
    source: "seen",
    pattern:
      /policy pack "[^"]*" failed to start|failed to run policy: |failed to load Pulumi policy project located at|policy pack not found at|it looks like the policy pack's dependencies are not installed/,
    explain: (_match, _context, output) => {
      const policy = /failed to run policy: Error validating \w+ with policy '([\w.-]+)'/.exec(output)?.[1];
      return {
        problem: `The policy pack itself failed${policy ? `, in ${policy}` : ""}: nothing passes without its verdict.`,
        next: "`make setup`, then `make test`, whose tests of the pack show the error; do not leave the pack out",
      };
    },
  },
  {
    kind: "protected",
    source: "seen",
    pattern: /resource "?(urn:pulumi:[^"\s]+)"? cannot be deleted\s+because it is protected/,
    explain: (_match, { stack }, output) => {
      const urns = [
        ...new Set(
          [...output.matchAll(/resource "?(urn:pulumi:[^"\s]+)"? cannot be deleted\s+because it is protected/g)].map(
            ([, urn = ""]) => urn.split("::").at(-1),
          ),
        ),
      ];
      return {
        problem: `Protected, and so not deleted: ${urns.join(", ")}.`,
        next: `if they are to go with all their data: \`pulumi config set deletionProtection Disabled --stack ${stack}\`, a pull request with that one line, its deployment; then this run again`,
      };
    },
  },
  {
    kind: "unexpected changes",
    source: "seen",
    pattern: /no changes were expected for (preview|refresh|update) but changes were proposed/,
    explain: ([, operation]) =>
      operation === "refresh"
        ? {
            problem: "Azure or the database is no longer as the program says: somebody changed it by hand.",
            next: "`pulumi up --refresh` puts it right; or change the program to what is wanted",
          }
        : {
            problem: "A second preview, right after the deployment, still sees changes: something never comes to rest.",
            next: "`pulumi preview --diff` shows the property; make the program say what Azure answers, or ignore that property with the reason beside it",
          },
  },
];

function waitFor(platform: "github" | "azure-devops" | "local"): string {
  const place = {
    github: "the workflows deploy and destroy",
    "azure-devops": "the pipeline's other runs",
    local: "the terminal or workflow",
  }[platform];
  return `look for that run in ${place} and wait for its end`;
}

function cancel(stack: string): string {
  return `\`pulumi cancel --stack ${stack}\`, then \`pulumi refresh --stack ${stack}\``;
}
