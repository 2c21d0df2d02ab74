import type { TokenClaims } from "../azure/credential.ts";
import { UserError } from "../errors/userError.ts";
import type { Deadline } from "./deadline.ts";
import { place, type Subject } from "./errorLocation.ts";
import type { Failure } from "./failure.ts";
import * as rules from "./retryTable.ts";

/** The explanation of a failed login, in kinds that call for different actions: unreachable, TLS, firewall, refused, server state. */
export function connectionProblem(endpoint: Subject, failure: Failure, deadline: Deadline): UserError {
  const at = place(endpoint);
  const found = failure.words;
  switch (rules.retryRule(failure)) {
    case rules.TLS:
      return new UserError({
        code: "EP-PG-01",
        step: "verifying the server's TLS certificate",
        at,
        expected: `a certificate for ${endpoint.host} from a trusted authority, over TLS 1.2 or later`,
        found,
        remedy: endpoint.caCert
          ? "check that databaseCaCert holds the authority that signed this server's certificate"
          : "Azure's certificates verify as they are: look for a proxy that replaces them, or set databaseCaCert",
      });
    case rules.NO_TLS:
      return new UserError({
        code: "EP-PG-02",
        step: "verifying the server's TLS certificate",
        at,
        expected: "a server that speaks TLS; nothing was sent without it",
        found,
        remedy: "check the host and port: an Azure server always speaks TLS, so something else answers there",
      });
    case rules.FIREWALL: {
      const address = /for host "([^"]+)"/.exec(failure.message)?.[1] ?? "this machine's address";
      return new UserError({
        code: "EP-PG-03",
        step: "passing the server's firewall",
        at,
        expected: `a firewall rule that lets ${address} in`,
        found,
        remedy: `add ${address} to allowedAddresses, beside those that \`pulumi config get allowedAddresses\` shows; then \`pulumi up\``,
      });
    }
    case rules.TOKEN_REFUSED:
    case rules.TOKEN_INVALID:
    case rules.LOGIN_REFUSED:
      return new UserError({
        code: "EP-PG-04",
        step: `logging in as the Entra administrator "${endpoint.adminUser}"`,
        at,
        expected: "the server to accept the deployer's token for that role",
        found: `${found}${failure.claims ? `; the token: ${tokenFacts(failure.claims)}` : ""}`,
        remedy: tokenRemedy(failure),
      });
    case rules.NO_DATABASE:
      return new UserError({
        code: "EP-PG-06",
        step: "opening the database",
        at,
        expected: `a database named "${endpoint.database}"`,
        found,
        remedy:
          endpoint.schema === undefined
            ? 'set database to "postgres", which every flexible server has'
            : "have the server make it: name it in databases of EntraPostgresServer, or correct the name",
      });
    default: {
      const within = deadline.over ? ` within ${deadline.seconds} s (deadlineSeconds)` : "";
      return new UserError({
        code: "EP-PG-09",
        step: "reaching the database server",
        at,
        expected: `an answer on port ${endpoint.port}${within}`,
        found: failure.bySqlState ? found : `${found}, while ${failure.stage ?? "opening the connection"}`,
        remedy: reachRemedy(failure),
      });
    }
  }
}

function reachRemedy(failure: Failure): string {
  switch (rules.retryRule(failure)) {
    case rules.NAME_UNKNOWN:
      return "check the server's name and this machine's DNS; a new server's name can take minutes to appear";
    case rules.REFUSED:
      return "the machine answers and the port is closed: start the server (az postgres flexible-server start), or correct databasePort";
    case rules.NO_ANSWER:
    case rules.NO_ANSWER_IN_TIME:
      return failure.stage === "opening the connection"
        ? "add this machine's address to allowedAddresses, or reach the private endpoint: silence is how a firewall refuses"
        : "the server answered and then fell silent: look at its state in the portal, then run `pulumi up` again";
  }
  return failure.code === "53300"
    ? "raise max_connections or close sessions; at most two connections are used here at a time"
    : "run `pulumi up` again; if it fails again, look at the server's state in the portal";
}

/** What a token says of itself, as far as it helps; never any part of the token. */
function tokenFacts({ oid, tid, aud, exp, nbf }: TokenClaims, now = Date.now() / 1000): string {
  const time = (seconds: number) => new Date(seconds * 1000).toISOString().replace(/\.\d+Z$/, "Z");
  return [
    `object id ${oid}`,
    `tenant ${tid}`,
    ...(aud ? [`audience ${aud}`] : []),
    ...(exp && exp < now ? [`expired at ${time(exp)}, this machine's clock says ${time(now)}`] : []),
    ...(nbf && nbf > now ? [`valid only from ${time(nbf)}, this machine's clock says ${time(now)}`] : []),
  ].join(", ");
}

function tokenRemedy({ claims, message }: Failure, env: NodeJS.ProcessEnv = process.env): string {
  const now = Date.now() / 1000;
  const tenant = env.ARM_TENANT_ID ?? env.AZURE_TENANT_ID;
  if ((claims?.exp && claims.exp < now) || (claims?.nbf && claims.nbf > now)) {
    return "compare this machine's clock with the time of day; then log in again (az login)";
  }
  if (claims && tenant && claims.tid.toLowerCase() !== tenant.toLowerCase()) {
    return `the token is of tenant ${claims.tid}, ARM_TENANT_ID says ${tenant}: log in to the server's tenant (az login --tenant ${tenant})`;
  }
  if (/valid audience claim/.test(message)) {
    return "the token is for another service: unset what replaces the credential's scope, such as a proxy; then run `pulumi up` again";
  }
  return "log in as that administrator or as a member of that group (az login), or set adminObjectId, adminName and adminType";
}
