import { Problem } from "./problem.ts";
import { shellLine } from "./shellWords.ts";

/** What to do about an error of `az`, by what it says. The first that fits wins. */
const REMEDIES: readonly { says: RegExp; what: (found: RegExpExecArray) => string }[] = [
  {
    says: /AuthorizationFailed[\s\S]*?perform action '([^']+)'[\s\S]*?over scope '([^']+)'/,
    what: ([, action, scope]) =>
      `You may not do ${action} on ${scope}. Next: have it run by somebody who is Owner of the subscription, or Contributor and User Access Administrator, and run the command again.`,
  },
  {
    says: /AuthorizationFailed|LinkedAuthorizationFailed|does not have authorization/,
    what: () =>
      "You lack a right on Azure. Next: have it run by somebody who is Owner of the subscription, or Contributor and User Access Administrator, and run the command again.",
  },
  {
    says: /Insufficient privileges to complete the operation|Authorization_RequestDenied/,
    what: () =>
      "You may not make groups in Microsoft Entra ID or change their members. Next: have a Groups Administrator run this command, or be made an owner of the group, and run the bootstrap again: what is there is kept.",
  },
  {
    says: /az login|AADSTS\d+|No subscription found/i,
    what: () => "You are not logged in to Azure, or the login is over. Next: az login",
  },
  {
    says: /Subscription '([^']*)' not found|SubscriptionNotFound|doesn't exist in cloud/i,
    what: ([, id]) =>
      `The login sees no subscription ${id ?? "of that id"}. Next: az account list --output table, then --subscription <id>; or az login with the account that has it.`,
  },
  {
    says: /RequestDisallowedByPolicy(?:[\s\S]*?"policyAssignment":\s*\{\s*"name":\s*"([^"]+)")?/,
    what: ([, policy]) =>
      `Azure Policy${policy ? ` "${policy}"` : ""} forbids it. Next: choose other arguments, or ask for an exemption.`,
  },
  {
    says: /StorageAccount(AlreadyTaken|AlreadyExists|InAnotherResourceGroup)|storage account named .* is already taken/i,
    what: () => "There is a storage account of this name elsewhere in Azure. Next: --state-account <another name>",
  },
  {
    says: /deleted state|ConflictError[\s\S]*recover/i,
    what: () =>
      "A vault of this name was deleted and is kept for its retention. Next: az keyvault recover --name <name>, and run the command again; or --key-vault <another name>",
  },
  {
    says: /VaultAlreadyExists|vault name .* is already in use/i,
    what: () => "There is a vault of this name elsewhere in Azure. Next: --key-vault <another name>",
  },
  {
    says: /LocationNotAvailableForResource|SkuNotAvailable|is not available in location|NotAvailableForLocation/i,
    what: () => "The region does not have it. Next: --location <another region>, or --state-sku Standard_LRS",
  },
  {
    says: /RoleDefinitionLimitExceeded/,
    what: () => "The tenant has as many roles of its own as Azure allows. Next: delete one that nobody uses.",
  },
];

/** The error of one `az` command. */
export class AzureProblem extends Problem {
  /** What `az` wrote. */
  readonly said: string;

  constructor(command: readonly string[], said: string) {
    const remedy = REMEDIES.flatMap(({ says, what }) => {
      const found = says.exec(said);
      return found ? [what(found)] : [];
    })[0];
    const shown = said
      .split("\n")
      .map((line) => line.trim())
      .filter((line) => line !== "")
      .slice(0, 6);
    super(
      [
        ...(remedy ? [remedy] : []),
        `  command: ${shellLine(["az", ...command])}`,
        ...shown.map((line) => `  az: ${line}`),
      ].join("\n"),
    );
    this.said = said;
  }
}

/** A principal or role that was just made and is not yet known everywhere. */
export function isPropagating(error: unknown): boolean {
  return (
    error instanceof AzureProblem &&
    /PrincipalNotFound|Principal \S+ does not exist in the directory|RoleDefinitionDoesNotExist|Request_ResourceNotFound|one of its queried reference-property objects are not present/.test(
      error.said,
    )
  );
}
