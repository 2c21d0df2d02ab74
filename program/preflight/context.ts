import { accessToken } from "../../components/azure/credential.ts";
import {
  type AzureAnswer,
  type AzureRequest,
  askAzure,
  resourceManagerScope,
} from "../../components/azure/resourceManager.ts";
import { type TokenClaims, tokenClaims } from "../../components/azure/tokenClaims.ts";
import { tokenProblem } from "../../components/azure/tokenProblem.ts";
import { UserError } from "../../components/errors/userError.ts";
import { Failure } from "../../components/postgres/failure.ts";
import type { Settings } from "../config/settings.ts";
import { NotAskable } from "./answer.ts";
import { answered, bodyOf, type Json } from "./azureAnswer.ts";
import type { StackFile } from "./stackFile.ts";
import { chooseSubscription, type Subscription } from "./subscription.ts";

/** What the checks are asked about. */
export interface Subject {
  file: StackFile;
  /** @throws {UserError} with every problem of the configuration */
  settings: () => Settings;
  /** This machine's public IPv4 address. @default the one that the token names, else one of this machine's own */
  address?: string | undefined;
  /** This machine's clock, in milliseconds since the epoch. @default its own */
  now?: () => number;
}

/**
 * Everything that more than one check needs, asked once. A check that needs something that another check reports as a problem cannot be
 * asked itself: one cause is one problem.
 */
export class Context {
  readonly file: StackFile;
  readonly address: string | undefined;
  readonly now: () => number;
  /** The settings, or the error that another row reports. */
  readonly readSettings: () => Settings;
  /** Claims of the token for Azure Resource Manager. */
  readonly login: () => Promise<TokenClaims>;
  readonly subscription: () => Promise<Subscription>;
  readonly #answers = new Map<string, Promise<AzureAnswer>>();

  constructor({ file, settings, address, now = Date.now }: Subject) {
    this.file = file;
    this.address = address;
    this.now = now;
    this.readSettings = once(settings);
    this.login = once(claimsOfLogin);
    this.subscription = once(async () => {
      await needed("a login", this.login);
      return await chooseSubscription(file, (path) => this.raw("asking for the subscription", path));
    });
  }

  /** @throws {NotAskable} when the configuration has problems */
  get settings(): Settings {
    try {
      return this.readSettings();
    } catch {
      throw new NotAskable("the configuration has problems");
    }
  }

  /** @throws {NotAskable} without a login */
  get claims(): Promise<TokenClaims> {
    return needed("a login", this.login);
  }

  /** `/subscriptions/<id>` @throws {NotAskable} without one */
  get subscriptionPath(): Promise<string> {
    return needed("a subscription", this.subscription).then(({ id }) => `/subscriptions/${id}`);
  }

  /**
   * Asks for something below the subscription, the same only once.
   * @param path what follows `/subscriptions/<id>`, with its query
   */
  async ask(step: string, path: string, request?: AzureRequest): Promise<AzureAnswer> {
    return await this.raw(step, `${await this.subscriptionPath}${path}`, request);
  }

  /** The body of a successful {@link ask}. */
  async read(step: string, path: string, request?: AzureRequest): Promise<Json> {
    return bodyOf(step, await this.ask(step, path, request));
  }

  /** Asks Azure Resource Manager, the same only once. */
  raw(step: string, path: string, request?: AzureRequest): Promise<AzureAnswer> {
    const key = JSON.stringify([path, request]);
    const asked = this.#answers.get(key) ?? answered(step, (signal) => askAzure(path, signal, request));
    this.#answers.set(key, asked);
    return asked;
  }
}

async function claimsOfLogin(): Promise<TokenClaims> {
  const scope = resourceManagerScope();
  const token = await accessToken(scope).catch((error) => {
    throw error instanceof Failure ? tokenProblem(error, undefined, process.env, scope) : error;
  });
  return tokenClaims(token);
}

/** What another check reports when it is missing. */
async function needed<Value>(name: string, get: () => Promise<Value>): Promise<Value> {
  try {
    return await get();
  } catch (error) {
    if (error instanceof UserError || error instanceof NotAskable) throw new NotAskable(`it needs ${name}`);
    throw error;
  }
}

function once<Value>(get: () => Value): () => Value {
  let result: { value: Value } | undefined;
  return () => {
    result ??= { value: get() };
    return result.value;
  };
}
