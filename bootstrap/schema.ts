import * as z from "zod";
import { IDENTITIES } from "./environments.ts";

/** A string of a form. */
function text(form: RegExp, expected: string, example: string) {
  const error = `expected ${expected}, such as ${example}`;
  return z.string({ error }).regex(form, { error });
}

/** One of a few words. */
function word<const Word extends string>(...words: Word[]) {
  return z.enum(words, { error: `expected ${words.join(" or ")}` });
}

/** A list or object; the engine hands it over as JSON. */
function json<Value extends z.ZodType>(value: Value) {
  return z.preprocess((given) => {
    try {
      return typeof given === "string" ? JSON.parse(given) : given;
    } catch {
      return given;
    }
  }, value);
}

const GUID = "11111111-2222-3333-4444-555555555555";
const reviewers = z
  .array(
    text(/^[A-Za-z0-9](?:[A-Za-z0-9-]{0,38})(?:\/[a-z0-9_-]+)?$/, "a GitHub user or team", "ada or contoso/platform"),
    {
      error: "expected a list of GitHub users and teams; [] where GitHub's plan has no reviewers",
    },
  )
  .max(6, { error: "expected at most 6 reviewers" });

/**
 * Every configuration key with its form and default.
 * Source of the forms of names: Microsoft Learn, "Naming rules and restrictions for Azure resources".
 */
export const SCHEMA = z.strictObject({
  location: text(/^[a-z][a-z0-9]{2,39}$/, "an Azure region", "westeurope").default("westeurope"),
  resourceGroupName: text(
    /^[A-Za-z0-9_](?:[A-Za-z0-9_.-]{0,79}[A-Za-z0-9_-])?$/,
    "1 to 81 letters, digits, _, - and ., no - or . first and no . last",
    "rg-orders-prod",
  ),
  adminGroupName: text(
    /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/,
    "1 to 63 letters, digits, ., _ and -, since it names a database role",
    "orders-prod-db-admins",
  ),
  stateSku: word("Standard_LRS", "Standard_ZRS", "Standard_GRS", "Standard_GZRS").default("Standard_ZRS"),
  pulumiOrganization: text(
    /^[A-Za-z0-9](?:[A-Za-z0-9._-]{0,38}[A-Za-z0-9])?$/,
    "an organization in Pulumi Cloud",
    "contoso",
  ).optional(),
  operatorObjectId: text(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i, "an Entra object id", GUID).optional(),
  operatorType: word("User", "Group", "ServicePrincipal").default("User"),
  runnerNetworkId: text(
    /^\/subscriptions\/[0-9a-f-]{36}\/resourceGroups\/[\w.()-]{1,90}\/providers\/Microsoft\.Network\/virtualNetworks\/[\w.-]{2,64}$/i,
    "the ARM id of a virtual network",
    `/subscriptions/${GUID}/resourceGroups/runners/providers/Microsoft.Network/virtualNetworks/runners`,
  ).optional(),
  githubRepository: text(
    /^[A-Za-z0-9](?:[A-Za-z0-9]|-(?=[A-Za-z0-9])){0,38}\/(?!\.{1,2}$)[A-Za-z0-9._-]{1,100}$/,
    "a repository as owner/name",
    "contoso/orders",
  ).optional(),
  githubSubjectPrefix: text(
    /^repo:[A-Za-z0-9-]+(@\d+)?\/[A-Za-z0-9._-]+(@\d+)?$/,
    "repo:owner/name, or repo:owner@<owner id>/name@<repository id>",
    "repo:contoso@1234/orders@5678",
  ).optional(),
  githubReviewers: json(
    z.strictObject({ deploy: reviewers, destroy: reviewers }, { error: "expected reviewers of deploy and destroy" }),
  ).optional(),
  azureDevOpsConnections: json(
    z.array(
      z.strictObject(
        {
          identity: word(...IDENTITIES),
          issuer: text(/^https:\/\/[\w./:-]+$/, "an https URL", "https://login.microsoftonline.com/<tenant id>/v2.0"),
          subject: text(/^(?:sc:\/\/|\/)[^\p{Cc},]+$/u, "the subject that the connection shows", "/eid1/c/pub/t/…"),
        },
        { error: "expected an identity, an issuer and a subject" },
      ),
      { error: "expected a list of service connections" },
    ),
  ).default([]),
});

/** The values, as far as they can be read, and all problems: those of single keys first. */
export function configProblems(
  config: Readonly<Record<string, string>>,
  { githubOwner }: { githubOwner: string | undefined },
): { values: z.infer<typeof SCHEMA> | undefined; problems: string[] } {
  const { data, error } = SCHEMA.safeParse(config, { reportInput: true });
  const problems = (error?.issues ?? []).flatMap((issue) => {
    const place = issue.path.join(".");
    if (issue.code !== "unrecognized_keys") return `${place} is ${shown(issue.input)}: ${issue.message}`;
    const valid = place === "" ? `; valid keys: ${Object.keys(SCHEMA.shape).join(", ")}` : "";
    return issue.keys.map((key) => `${[...issue.path, key].join(".")} is an unknown key${valid}`);
  });
  return { values: data, problems: [...problems, ...missing(config), ...githubProblems(config, githubOwner)] };
}

function shown(value: unknown): string {
  return value === undefined ? "not set" : JSON.stringify(value);
}

function missing(config: Readonly<Record<string, string>>): string[] {
  const found: string[] = [];
  if (config.githubRepository === undefined && config.azureDevOpsConnections === undefined) {
    found.push("githubRepository and azureDevOpsConnections are not set: no pipeline could act as the identities");
  }
  if (config.operatorObjectId === undefined && config.pulumiOrganization === undefined) {
    found.push(
      "operatorObjectId is not set: nobody could move the state into its account; " +
        "expected the object id of whoever does, from `az ad signed-in-user show --query id --output tsv`",
    );
  }
  return found;
}

function githubProblems(config: Readonly<Record<string, string>>, owner: string | undefined): string[] {
  const { githubRepository: repository, githubSubjectPrefix: prefix, githubReviewers } = config;
  if (repository === undefined) {
    return Object.entries({ githubSubjectPrefix: prefix, githubReviewers }).flatMap(([key, value]) =>
      value === undefined ? [] : [`${key} is set without githubRepository`],
    );
  }
  const found: string[] = [];
  if (prefix === undefined) {
    // Repositories made, renamed or moved since 15 July 2026 have numeric ids in the subject, and a wrong subject admits nobody.
    // Source: GitHub, OpenID Connect reference, "Immutable subject claims".
    found.push(
      "githubSubjectPrefix is not set: expected how GitHub's tokens name the repository, " +
        `from \`gh api repos/${repository}/actions/oidc/customization/sub --jq .sub_claim_prefix\``,
    );
  } else if (
    prefix
      .replace(/^repo:/, "")
      .replaceAll(/@\d+(?=\/|$)/g, "")
      .toLowerCase() !== repository.toLowerCase()
  ) {
    found.push(`githubSubjectPrefix ${JSON.stringify(prefix)} belongs to another repository than ${repository}`);
  }
  if (githubReviewers === undefined) {
    found.push(
      "githubReviewers is not set: expected who approves deploy and destroy, " +
        'such as {"deploy":["ada"],"destroy":["contoso/platform"]}',
    );
  }
  if (owner?.toLowerCase() !== repository.split("/")[0]?.toLowerCase()) {
    found.push(`github:owner is ${shown(owner)}: expected the owner in githubRepository ${JSON.stringify(repository)}`);
  }
  return found;
}
