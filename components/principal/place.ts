import type { AdminEndpoint } from "./adminSession.ts";

/** What an operation inside a server works on, a role or a schema, and how long it may take. */
export interface Subject extends AdminEndpoint {
  roleName?: string;
  schema?: string;
  objectId?: string;
  principalType?: string;
  /** Seconds to wait for a new identity to reach the directory that the server asks. */
  waitSeconds?: number;
  /** Seconds that one operation may take in all. */
  deadlineSeconds: number;
}

/** Where it happened, as errors and progress name it. */
export function place(subject: Pick<Subject, "roleName" | "schema" | "host" | "port" | "database">): string {
  const { roleName, schema, host, port, database } = subject;
  const what = schema === undefined ? `role "${roleName}"` : `schema "${schema}"`;
  return `${what} on ${host}:${port}/${database}`;
}
