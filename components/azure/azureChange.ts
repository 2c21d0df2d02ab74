import { setTimeout as sleep } from "node:timers/promises";
import { UserError } from "../errors/userError.ts";
import type { Deadline } from "../postgres/deadline.ts";
import { Failure } from "../postgres/failure.ts";
import { persist, report } from "../postgres/operation.ts";
import { type AzureAnswer, type AzureRequest, askAzure, resourceManagerScope } from "./resourceManager.ts";
import { tokenProblem } from "./tokenProblem.ts";

/** Seconds for one request. A metadata service that is being updated may take 70 of them to give a token. */
const REQUEST_TIMEOUT = 100;
/** Seconds between two questions about an operation that goes on, where Azure names no other time. */
const PAUSE = 2;

/** A resource that another program made, and what is done with it. */
export interface ForeignResource {
  /** ARM id. */
  id: string;
  /** API version of its type. */
  apiVersion: string;
  /** How errors and progress name it: `virtual machine "orders"`. */
  at: string;
  /** What is being done: "enabling the identity". */
  step: string;
  /** Seconds that it may take, waits included. */
  deadlineSeconds: number;
}

/** The resource as Azure answers it; undefined when it does not exist. @throws {UserError} EP-AZ-18 for another refusal */
export function readResource(resource: ForeignResource): Promise<Record<string, unknown> | undefined> {
  return persist(persistence(resource, true), async ({ deadline }) => {
    return (await ask(resource, undefined, deadline)).body;
  });
}

/**
 * Changes the resource and waits until Azure has done it. A deletion of what does not exist succeeds.
 *
 * @throws {UserError} EP-AZ-18 for a refusal
 */
export async function changeResource(resource: ForeignResource, request: AzureRequest): Promise<void> {
  await persist(persistence(resource, request.method === "DELETE"), async ({ deadline, report }) => {
    const answer = await ask(resource, request, deadline);
    if (answer.operation !== undefined && [201, 202].includes(answer.status)) {
      await finished(answer.operation, answer.retryAfter, deadline, () => report(`${resource.step}: Azure is at work`));
    }
  });
}

/** Waits for an operation's end. Source: Azure/azure-resource-manager-rpc, v1.0/async-api-reference.md. */
async function finished(
  operation: string,
  retryAfter: number | undefined,
  deadline: Deadline,
  working: () => void,
): Promise<void> {
  for (let pause = retryAfter ?? PAUSE; ; ) {
    working();
    await sleep(Math.min(pause * 1000, deadline.left));
    const answer = await askAzure(operation, AbortSignal.timeout(deadline.atMost(REQUEST_TIMEOUT)));
    refuse(answer);
    const { status, error } = answer.body as { status?: string; error?: { code?: string; message?: string } };
    if (status === "Failed" || status === "Canceled") {
      throw new Failure("azure", coded(String(error?.code ?? status), String(error?.message ?? "no reason was given")));
    }
    // Where the address is that of `Location`, the response has no status and is 202 until the end.
    if (status === "Succeeded" || (status === undefined && answer.status !== 202)) return;
    if (deadline.over) throw new Failure("azure", coded("ETIMEDOUT", "the operation goes on after the deadline"));
    pause = answer.retryAfter ?? PAUSE;
  }
}

async function ask(resource: ForeignResource, request: AzureRequest | undefined, deadline: Deadline) {
  const path = `${resource.id}?api-version=${resource.apiVersion}`;
  const answer = await askAzure(path, AbortSignal.timeout(deadline.atMost(REQUEST_TIMEOUT)), request);
  refuse(answer);
  return answer;
}

/** @throws {Failure} of phase `azure`, with the HTTP status as its code and Azure's own code in its text */
function refuse({ status, error, retryAfter }: AzureAnswer): void {
  if (status < 400) return;
  const words = error ? `${error.code}: ${error.message}` : "the response is not Azure's";
  throw new Failure("azure", coded(String(status), words), retryAfter === undefined ? {} : { retryAfter });
}

function coded(code: string, message: string): Error {
  return Object.assign(new Error(message), { code });
}

function persistence({ at, step, deadlineSeconds }: ForeignResource, mayBeMissing: boolean) {
  return {
    at,
    deadlineSeconds,
    report,
    onFailure: async ({ code }: Failure) => (mayBeMissing && code === "404" ? ({ done: true } as const) : undefined),
    explain: (failure: Failure) =>
      failure.phase === "token"
        ? tokenProblem(failure, at, process.env, resourceManagerScope())
        : new UserError({
            code: failure.errorCode ?? "EP-AZ-18",
            step,
            at,
            expected: "Azure Resource Manager to accept the request",
            found: failure.words,
          }),
  };
}
