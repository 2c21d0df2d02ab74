import { DATABASE, SERVER } from "../engine/resourceKind.ts";
import { stackRule } from "../engine/rule.ts";

export const deletionProtection = stackRule({
  name: "deletion-protection",
  displayName: "Servers and databases are protected",
  description: "Outside dev, the server and its databases must be protected against deletion.",
  severity: "high",
  remediationSteps:
    "Set deletionProtection to Enabled (the resource option protect). An Azure lock would also block the deletes that repairs need.",
  url: "https://www.pulumi.com/docs/iac/concepts/options/protect/",
  tags: ["server", "database", "environment"],
  verifiedModule: "none (lock is not set)",
  demandedIn: { environments: ["test", "prod"], demand: "deletion must be protected" },
  looksAt: [SERVER, DATABASE],
  judge: ({ name, opts }) =>
    !opts.protect && `"${name}" can be deleted by mistake: it needs the resource option protect.`,
});
