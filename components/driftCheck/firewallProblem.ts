import { addressText, type FirewallRange } from "../azure/firewallRange.ts";
import { namesIn } from "../azure/flexibleServer.ts";
import { resourceManagerScope } from "../azure/resourceManager.ts";
import { tokenProblem } from "../azure/tokenProblem.ts";
import { shellQuote } from "../connectionDetails/shellQuote.ts";
import { UserError } from "../errors/userError.ts";
import type { Deadline } from "../postgres/deadline.ts";
import type { Failure } from "../postgres/failure.ts";

/** Where it happened, as errors and progress name it. */
export function firewallOf(serverId: string): string {
  return `firewall of server "${namesIn(serverId).server}"`;
}

/** The error for rules that nobody declared: the addresses that they allow, and how to delete or keep them. */
export function undeclaredRules(
  serverId: string,
  step: string,
  declared: readonly FirewallRange[],
  undeclared: readonly FirewallRange[],
): UserError {
  const { resourceGroup, server } = namesIn(serverId);
  // As of Azure CLI 2.86; before, `--name` was the server, and `--server-name` is refused.
  const commands = undeclared.map(
    ({ name }) =>
      `az postgres flexible-server firewall-rule delete --name ${shellQuote(name)} ` +
      `--resource-group ${shellQuote(resourceGroup)} --server-name ${shellQuote(server)} --yes`,
  );
  const shown = undeclared.map((rule) => `"${rule.name}" (${addressText(rule)})`);
  return new UserError({
    code: "EP-DRIFT-02",
    step,
    at: firewallOf(serverId),
    expected: declared.length === 0 ? "no rule" : `no rule but ${declared.map(({ name }) => `"${name}"`).join(", ")}`,
    found: `also ${shown.join(", ")}; nothing was deleted`,
    remedy:
      `${commands.join("\n            ")}\n            ` +
      "or, to keep the access: add the address to allowedAddresses, which creates a rule of its own, and delete this one",
  });
}

/** The error for a list that Azure did not give. */
export function azureProblem(serverId: string, step: string, failure: Failure, deadline: Deadline): UserError {
  const at = firewallOf(serverId);
  if (failure.phase === "token") {
    return tokenProblem(failure, at, process.env, resourceManagerScope());
  }
  return new UserError({
    code: "EP-DRIFT-04",
    step,
    at,
    found: failure.words,
    ...causeOf(serverId, failure, deadline),
  });
}

function causeOf(serverId: string, { code }: Failure, deadline: Deadline): { expected: string; remedy: string } {
  switch (code) {
    case "401":
      return {
        expected: "Azure's resource manager to accept the deployer's token",
        remedy: "log in to the server's tenant and cloud (az login --tenant …; ARM_TENANT_ID, ARM_ENVIRONMENT)",
      };
    case "403":
      return {
        expected: "whoever runs Pulumi to have Microsoft.DBforPostgreSQL/flexibleServers/firewallRules/read there",
        remedy:
          `az role assignment create --role Reader --assignee <who runs Pulumi> --scope ${shellQuote(groupOf(serverId))}; ` +
          "a new assignment takes minutes",
      };
    case "404":
      return {
        expected: "Azure to list the server's firewall rules, or to say that the server does not exist",
        remedy: "compare serverId with what `az postgres flexible-server list --query [].id` says",
      };
  }
  const within = deadline.over ? ` within ${deadline.seconds} s (deadlineSeconds)` : "";
  return {
    expected: `Azure's resource manager to list the server's firewall rules${within}`,
    remedy:
      "run `pulumi up` again: nothing was changed; if it fails again, check this machine's connection to Azure and Azure's status page",
  };
}

function groupOf(serverId: string): string {
  return serverId.replace(/\/providers\/.*$/i, "");
}
