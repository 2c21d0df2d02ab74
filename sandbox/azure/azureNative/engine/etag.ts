import { randomUUID } from "node:crypto";

/** What Azure gives with each answer to tell one version of a resource from the next. */
export function newEtag(): string {
  return `W/"${randomUUID()}"`;
}
