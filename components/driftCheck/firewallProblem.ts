import { namesIn } from "../azure/flexibleServer.ts";
import { resourceManagerScope } from "../azure/resourceManager.ts";
import { tokenProblem } from "../azure/tokenProblem.ts";
import { shellQuote } from "../connectionDetails/shellQuote.ts";
import { UserError } from "../errors/userError.ts";
import type { Deadline } from "../postgres/deadline.ts";
import type { Failure } from "../postgres/failure.ts";
import { addressText } from "./addressText.ts";
import type { FirewallRange } from "./firewallCatalog.ts";

/** Where it happened, as errors and progress name it. */
export function firewallOf(serverId: string): string {
  return `firewall of server "${namesIn(serverId).server}"`;
}

/**
 * Rules that nobody named: who they let in, and how to delete or keep them.
 *
 * @param expected names of those that are meant to be there
 */
export function othersProblem(
  serverId: string,
  step: string,
  expected: readonly string[],
  others: readonly FirewallRange[],
): UserError {
  const { resourceGroup, server } = namesIn(serverId);
  // As of Azure CLI 2.86; before, `--name` was the server, and `--server-name` is refused.
  const commands = others.map(
    ({ name }) =>
      `az postgres flexible-server firewall-rule delete --name ${shellQuote(name)} ` +
      `--resource-group ${shellQuote(resourceGroup)} --server-name ${shellQuote(server)} --yes`,
  );
  return new UserError({
    code: "EP-DRIFT-02",
    step,
    at: firewallOf(serverId),
    expected:
      expected.length === 0 ? "no rule at all" : `no rule but ${expected.map((name) => `"${name}"`).join(", ")}`,
    found: `also ${others.map(shown).join(", ")}; nothing was deleted`,
    remedy:
      `${commands.join("\n            ")}\n            ` +
      "or, if somebody is to be let in: name the address in allowedAddresses, which makes a rule of its own, and delete this one",
  });
}

/** A guard that could not look has not found that all is well. */
export function noServer(serverId: string, step: string): UserError {
  return new UserError({
    code: "EP-DRIFT-03",
    step,
    at: firewallOf(serverId),
    expected: "the server to exist",
    found: "Azure says that it does not",
    remedy: "pulumi up --refresh, which makes anew what is gone",
  });
}

/** Why Azure gave no list. */
export function azureProblem(serverId: string, step: string, failure: Failure, deadline: Deadline): UserError {
  const at = firewallOf(serverId);
  if (failure.phase === "token") {
    return tokenProblem(failure, at, process.env, resourceManagerScope());
  }
  const { expected, remedy } = causeOf(serverId, failure, deadline);
  return new UserError({ code: "EP-DRIFT-04", step, at, expected, found: failure.words, remedy });
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
      "run `pulumi up` again: nothing was changed; if it fails again, look at this machine's way to Azure and at Azure's status",
  };
}

function groupOf(serverId: string): string {
  return serverId.replace(/\/providers\/.*$/i, "");
}

function shown({ name, startIpAddress, endIpAddress }: FirewallRange): string {
  return `"${name}" (${addressText(startIpAddress, endIpAddress)})`;
}
