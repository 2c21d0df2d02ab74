import { setTimeout as sleep } from "node:timers/promises";
import { type AzureAnswer, type AzureRequest, askAzure } from "entra-postgres/azure-requests";
import { type Facts, withFacts } from "../facts.ts";
import type { Questions } from "../probe.ts";

/** Seconds between two questions about an operation that goes on, where Azure names no other time. */
const PAUSE = 2;

/** Asks Azure Resource Manager as the deployer. */
export async function askArm(
  { path, show = [] }: Questions["arm"],
  facts: Facts,
  signal: AbortSignal,
): Promise<string> {
  const { status, body, error } = await patiently(withFacts(path, facts), signal);
  const shown = error
    ? [`${error.code}: ${error.message}`]
    : show.map((field) => `${field}=${shownValue(at(body, field))}`);
  return [status, ...shown].join(" ");
}

/** Creates, changes or deletes a resource and waits for the end. @throws Error when Azure refuses it */
export async function changeArm(path: string, request: AzureRequest, signal: AbortSignal): Promise<void> {
  let answer = await patiently(path, signal, request);
  const { operation } = answer;
  while (operation !== undefined && (answer.status === 202 || working(answer))) {
    await sleep((answer.retryAfter ?? PAUSE) * 1000, undefined, { signal });
    answer = await patiently(operation, signal);
  }
  const { error } = answer.body as { error?: { code: string; message: string } };
  if (error) throw new Error(`${request.method} answered ${answer.status} ${error.code}: ${error.message}`);
}

/** Asks again when Azure says that it has been asked too often. */
export async function patiently(path: string, signal: AbortSignal, request?: AzureRequest): Promise<AzureAnswer> {
  for (;;) {
    const answer = await askAzure(path, signal, request);
    if (answer.status !== 429) return answer;
    await sleep((answer.retryAfter ?? PAUSE) * 1000, undefined, { signal });
  }
}

function working({ status, body }: AzureAnswer): boolean {
  const state = body.status ?? (body.properties as { provisioningState?: unknown } | undefined)?.provisioningState;
  return status < 300 && typeof state === "string" && !/^(Succeeded|Failed|Canceled)$/i.test(state);
}

function at(body: Record<string, unknown>, field: string): unknown {
  return field
    .split(".")
    .reduce<unknown>((value, name) => (value as Record<string, unknown> | undefined)?.[name], body);
}

/** Of an object only the names of its fields, whose values may be personal. */
function shownValue(value: unknown): string {
  if (Array.isArray(value)) return `[${value.length}]`;
  return typeof value === "object" && value !== null ? Object.keys(value).sort().join(",") : String(value);
}
