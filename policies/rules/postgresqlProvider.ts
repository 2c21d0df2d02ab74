import { POSTGRESQL_PROVIDER } from "../engine/resourceKind.ts";
import { benchmark, resourceRule } from "../engine/rule.ts";

export const postgresqlProvider = resourceRule({
  name: "postgresql-provider",
  displayName: "The postgresql provider logs in with a token",
  description: "The provider of @pulumi/postgresql must log in with an Entra token over fully verified TLS.",
  severity: "critical",
  remediationSteps:
    'Make the provider by databaseProvider or PrivateDatabase, or set azureIdentityAuth: true, sslmode: "verify-full" and no password.',
  url: "https://www.pulumi.com/registry/packages/postgresql/api-docs/provider/",
  framework: benchmark("IM-3", "Manage application identities securely and automatically"),
  tags: ["database", "login", "tls"],
  looksAt: [POSTGRESQL_PROVIDER],
  judge: ({ name, props }) => [
    () =>
      // The engine passes a provider's configuration as strings.
      String(props.azureIdentityAuth) !== "true" &&
      `"${name}" does not log in with an Entra token: azureIdentityAuth must be true.`,
    () =>
      (props.sslmode ?? props.sslMode) !== "verify-full" &&
      `"${name}" does not verify the server: sslmode must be "verify-full".`,
    () => Boolean(props.password) && `"${name}" has a password: leave it out.`,
  ],
});
