import { help, readArguments } from "./arguments.ts";
import { AzureCli } from "./azureCli.ts";
import { allEnvironments, environmentsFirst, openEnvironments, refuseOpen } from "./githubEnvironments.ts";
import { subjectPrefix } from "./githubSubject.ts";
import { nextLines } from "./nextLines.ts";
import { plan } from "./plan.ts";
import { Problem } from "./problem.ts";
import { runSteps } from "./runner.ts";
import { type Account, completed } from "./settings.ts";
import { Facts } from "./step.ts";

/** What the bootstrap runs in. */
export interface FaultContext {
  /** The arguments, without the program's name. */
  argv: readonly string[];
  env: NodeJS.ProcessEnv;
  /** Takes progress and results, in pieces. */
  write: (text: string) => void;
  /** Ends everything that runs. */
  signal: AbortSignal;
  /** Waits for so many milliseconds. */
  wait: (milliseconds: number) => Promise<unknown>;
}

/**
 * Makes what a pipeline needs, or shows what it would make.
 *
 * @throws {Problem} for what the user can put right
 */
export async function bootstrap({ argv, env, write, signal, wait }: FaultContext): Promise<void> {
  const { given, problems } = readArguments(argv);
  if (given.help) return write(`${help()}\n`);
  if (problems.length > 0) {
    throw new Problem(["The arguments cannot be used:", ...problems.map((problem) => `  ${problem}`)].join("\n"));
  }

  const az = new AzureCli({ env, signal });
  const account = await login(az, given.values.subscription);
  const settings = completed(given, account);
  const facts = new Facts();
  let first: string[] = [];
  if (settings.repository !== undefined) {
    facts.subjectPrefix = given.values["subject-prefix"] ?? (await subjectPrefix(settings.repository, env, signal));
    const unchecked = given.values.environments === "unchecked";
    const look = unchecked
      ? { open: allEnvironments(), unasked: "--environments unchecked" }
      : await openEnvironments(settings.repository, env, signal);
    if (!given.apply) first = environmentsFirst(settings.repository, look);
    else if (!unchecked) refuseOpen(settings.repository, look);
  }
  if (settings.operator && settings.organization === undefined) facts.operatorId = await operatorId(az, account);

  write(`Subscription ${account.name} (${account.id}), tenant ${account.tenantId}, as ${account.user.name}\n\n`);
  if (first.length > 0) write(`${first.join("\n")}\n\n`);
  const steps = plan({ az, settings, facts });
  const { changes, remarks } = await runSteps(steps, { az, apply: given.apply, write, wait });
  write(`\n${summary(given.apply, changes, remarks)}\n`);
  if (!given.apply && changes > 0) write("\nAfter that:\n");
  write(`\n${nextLines(settings, facts).join("\n")}\n`);
}

function summary(apply: boolean, changes: number, remarks: number): string {
  const notes = remarks === 0 ? "" : ` See ${remarks === 1 ? "the note" : `the ${remarks} notes`} above.`;
  if (changes === 0) return `Nothing to do: everything is there and right.${notes}`;
  const many = changes === 1 ? "1 change" : `${changes} changes`;
  return apply
    ? `Done: ${many}.${notes}`
    : `${many} to make, nothing was changed.${notes} To make them: the same command with --apply`;
}

/** The login's account for the subscription. Groups are made in the tenant of az's default one, so both must be of one tenant. */
async function login(az: AzureCli, subscription: string | undefined): Promise<Account> {
  const current = await az.run<Account>(["account", "show"]);
  const account = subscription ? await az.run<Account>(["account", "show", "--subscription", subscription]) : current;
  if (account.tenantId !== current.tenantId) {
    throw new Problem(
      `Subscription ${account.id} is of tenant ${account.tenantId}, and az works in tenant ${current.tenantId}.\nNext: az account set --subscription ${account.id}`,
    );
  }
  az.subscriptionId = account.id;
  return account;
}

async function operatorId(az: AzureCli, { user }: Account): Promise<string> {
  if (user.type !== "user") {
    throw new Problem(
      `az is logged in as ${user.type} ${user.name}, which makes no stack by hand.\nNext: --operator none, and give somebody the two roles of the operator in docs/bootstrap.md`,
    );
  }
  return (await az.run<{ id: string }>(["ad", "signed-in-user", "show"])).id;
}
