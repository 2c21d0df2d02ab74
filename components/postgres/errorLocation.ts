import type { AdminEndpoint } from "./adminSession.ts";

/** What an operation inside a server works on, a role, a schema or the database itself, and how long it may take. */
export interface Subject extends AdminEndpoint {
  roleName?: string;
  schema?: string;
  objectId?: string;
  principalType?: string;
  /** ARM id of the server, to ask Azure about it. */
  serverId?: string | undefined;
  /** Seconds to wait for a new identity to reach the directory that the server asks. */
  waitSeconds?: number;
  /** Seconds that one operation may take in all. */
  deadlineSeconds: number;
}

/** Where it happened, as errors and progress name it. */
export function errorLocation(subject: Pick<Subject, "roleName" | "schema" | "host" | "port" | "database">): string {
  const { roleName, schema, host, port, database } = subject;
  const what = schema !== undefined ? `schema "${schema}" on ` : roleName !== undefined ? `role "${roleName}" on ` : "";
  return `${what}${host}:${port}/${database}`;
}
