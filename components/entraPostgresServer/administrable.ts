import type { Server } from "@pulumi/azure-native/dbforpostgresql/server.js";
import * as pulumi from "@pulumi/pulumi";
import { UserError } from "../errors/userError.ts";
import { withAdminSession } from "../postgres/adminSession.ts";
import { explain } from "../postgres/explanation.ts";
import { Failure } from "../postgres/failure.ts";
import { persist } from "../postgres/operation.ts";
import { RETRY_TABLE, type RetryRule } from "../postgres/retryTable.ts";

/** Seconds after its creation in which a server counts as new. */
const NEW = 3600;
/** Seconds that the wait may take. */
const DEADLINE = 600;

/** How to reach the server, and as whom. */
export interface AdministrableArgs {
  port: pulumi.Input<number>;
  adminUser: pulumi.Input<string>;
  caCert: pulumi.Input<string> | undefined;
}

/**
 * The server's name, known once the server takes administrators. Azure calls a new server ready before that, and refuses its administrators with
 * 409 until then, which azure-native does not retry. That the server answers a login is the nearest sign; a refusal of the login is an answer.
 *
 * Where no answer comes, such as to a deployer outside the server's network, the name is known after the wait, and Azure decides.
 *
 * Source: Azure/azure-postgresql issue 127.
 *
 * @param after what the server needs to be reached
 */
export function administrable(
  server: Server,
  args: AdministrableArgs,
  after: readonly pulumi.Resource[],
): pulumi.Output<string> {
  if (pulumi.runtime.isDryRun()) return server.name;
  const { name, fullyQualifiedDomainName: host, systemData } = server;
  const created = pulumi.all(after.map(({ urn }) => urn)).apply(() => systemData);
  return pulumi.all([name, host, created, pulumi.output(args)]).apply(async ([known, at, data, login]) => {
    // The mocks of a unit test give neither.
    const seconds = (Date.now() - Date.parse(data?.createdAt ?? "")) / 1000;
    if (at && seconds < NEW) {
      await answer({ host: at, database: "postgres", ...login }, (line) => void pulumi.log.info(line, server));
    }
    return known;
  });
}

/** Waits for an answer to a login. */
export async function answer(
  endpoint: Parameters<typeof withAdminSession>[0],
  report: (line: string) => void,
  deadlineSeconds = DEADLINE,
): Promise<void> {
  const step = "waiting for the server to take administrators";
  const at = `${endpoint.host}:${endpoint.port}`;
  const explained = (failure: Failure, deadline: Parameters<typeof explain>[3]) =>
    explain({ ...endpoint, deadlineSeconds }, step, failure, deadline);
  const retryRule = async ({ errorCode }: Failure) => errorCode && RULES.get(errorCode);
  try {
    await persist({ at, deadlineSeconds, report, explain: explained, retryRule }, ({ deadline }) =>
      withAdminSession(endpoint, deadline, async () => {}).catch((error) => {
        if (!isAnswer(error)) throw error;
      }),
    );
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    report(`${at}: Azure decides whether the server takes administrators, since it gave no answer: ${error.message}`);
  }
}

/** Whether the server itself refused the login, and is not starting. */
function isAnswer(error: unknown): boolean {
  return error instanceof Failure && error.bySqlState && error.errorCode !== "EP-PG-11";
}

/** The retries of the table, by another name. */
const RULES = new Map(
  Object.entries(RETRY_TABLE).map(([code, rule]): [string, RetryRule] => [
    code,
    { ...rule, waitingFor: "the server to take administrators" },
  ]),
);
