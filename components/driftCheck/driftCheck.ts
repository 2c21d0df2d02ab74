import type { dynamic } from "@pulumi/pulumi";
import { UserError } from "../errors/userError.ts";
import { fieldDiff, UNKNOWN } from "../postgres/fieldDiff.ts";

/** The inputs that every drift check has. */
export interface DriftCheckInputs {
  /** Seconds that one operation may take, waits included. */
  deadlineSeconds: number;
  /** Whether what is there when the check is created counts as declared. @default false */
  keepFound?: boolean;
  /** Empty in a program. A refresh puts in, by name, what differs from the declaration, so that the engine shows it. */
  drift: Record<string, string>;
}

/**
 * In the state, the keys of entries that an update removed from the declaration and that Pulumi had not deleted by then. An update that fails
 * halfway leaves them there, and the next one does not refuse them. A refresh forgets them, and shows those that are still there. The engine
 * compares no field whose name begins like this.
 */
const LEAVING = "__leaving";
type Leaving = { [LEAVING]?: string[] };

/** In the state, with `keepFound`, what was there when the check was created. */
const FOUND = "__found";
type Found<T> = { [FOUND]?: T[] };

/** A list that Azure or the server keeps and of which Pulumi knows only the declared part, such as the rules of a firewall. */
export interface DriftCheck<T extends { name: string }, P extends string, I extends DriftCheckInputs> {
  /** Input with the declared part. */
  property: P;
  /** What the list holds, in words: "the firewall rules". */
  things: string;
  /** Input that names the server. Another server is another list, so a change replaces the check. */
  server: keyof I & string;
  /** What else is wrong with the inputs, by property. */
  problems: (inputs: I) => { [property: string]: string | undefined };
  /** Where the list is, as errors name it. */
  location: (inputs: I) => string;
  /** The list as it is now; undefined where Azure says that the server does not exist. */
  list: (inputs: I, step: string) => Promise<T[] | undefined>;
  /** What makes two entries the same. */
  key: (one: T) => string;
  /** An entry without its name, in words: "20.0.0.7". */
  show: (one: T) => string;
  /** What a refresh says of a declared entry that is not there. @default nothing, because another resource sees it */
  missing?: string;
  /** The error for entries that nobody declared. */
  refusal: (inputs: I, undeclared: T[], step: string) => UserError;
}

/** The operations that the engine calls on the resource of a drift check. */
export function driftCheckRuntime<
  T extends { name: string },
  P extends string,
  I extends DriftCheckInputs & Record<P, T[]>,
>(kind: DriftCheck<T, P, I>) {
  const checking = `checking ${kind.things}`;

  const without = (list: T[], others: T[]) => {
    const keys = new Set(others.map(kind.key));
    return list.filter((one) => !keys.has(kind.key(one)));
  };

  /** @returns what is there */
  async function requireDeclared(inputs: I, declared: T[], leaving: readonly string[]): Promise<T[]> {
    const found = await kind.list(inputs, checking);
    if (!found) {
      throw new UserError({
        code: "EP-DRIFT-03",
        step: checking,
        at: kind.location(inputs),
        expected: "the server to exist",
        found: "Azure says that it does not",
        remedy: "pulumi up --refresh, which creates missing resources again",
      });
    }
    const undeclared = without(found, declared).filter((one) => !leaving.includes(kind.key(one)));
    if (undeclared.length > 0) {
      throw kind.refusal(inputs, undeclared, checking);
    }
    return found;
  }

  return {
    check: async (_olds: I, news: I) => {
      const { deadlineSeconds } = news;
      const reasons: [string, string | undefined][] = Object.entries({
        ...kind.problems(news),
        deadlineSeconds:
          deadlineSeconds >= 1 && deadlineSeconds <= 3600
            ? undefined
            : `${deadlineSeconds} is not a number of seconds from 1 to 3600`,
      });
      const failures = reasons.flatMap(([property, reason]) =>
        reason === undefined || (Reflect.get(news, property) as unknown) === UNKNOWN ? [] : [{ property, reason }],
      );
      return { inputs: news, failures };
    },

    diff: async (_id: string, olds: I, news: I) => fieldDiff(olds, news, [kind.server]),

    /** @throws {UserError} for entries that nobody declared, unless those found here are kept */
    create: async (inputs: I) => {
      const declared = inputs[kind.property];
      const before = inputs.keepFound ? await kind.list(inputs, checking) : [];
      await requireDeclared(inputs, [...declared, ...(before ?? [])], []);
      const outs = inputs.keepFound ? { ...inputs, [FOUND]: without(before ?? [], declared) } : inputs;
      return { id: String(inputs[kind.server]), outs };
    },

    /** What this update removes from the declaration still exists: Pulumi deletes at the end of the update. @throws as `create` */
    update: async (_id: string, olds: I & Leaving & Found<T>, news: I) => {
      const before = [...olds[kind.property].map(kind.key), ...(olds[LEAVING] ?? [])];
      const kept = keptOf(olds, news);
      const found = await requireDeclared(news, [...news[kind.property], ...(kept[FOUND] ?? [])], before);
      const leaving = without(found, news[kind.property])
        .map(kind.key)
        .filter((key) => before.includes(key));
      return { outs: { ...news, ...kept, ...(leaving.length > 0 ? { [LEAVING]: leaving } : {}) } };
    },

    read: async (id: string, props: I & Leaving & Found<T>): Promise<dynamic.ReadResult> => {
      const found = await kind.list(props, `reading ${kind.things}`);
      if (!found) {
        return {};
      }
      const declared = props[kind.property];
      const missing = kind.missing ? without(declared, found).map(({ name }) => [name, kind.missing]) : [];
      const undeclared = without(found, [...declared, ...(props[FOUND] ?? [])]).map((one) => [
        one.name,
        `not declared: ${kind.show(one)}`,
      ]);
      const { [LEAVING]: _, [FOUND]: __, ...rest } = props;
      const seen = { ...rest, drift: Object.fromEntries([...missing, ...undeclared]) };
      return { id, props: { ...seen, ...keptOf(props, props) }, inputs: seen };
    },

    /** The check changed nothing on the server, so there is nothing to take back. */
    remove: async () => {},
  };
}

/** What was found at creation, as long as it is kept. */
function keptOf<T>(olds: Found<T>, { keepFound }: DriftCheckInputs): Found<T> {
  return keepFound && olds[FOUND] ? { [FOUND]: olds[FOUND] } : {};
}

/** What is wrong with a list of declared entries that a program gave; entries that are not known yet pass. */
export function listProblem(given: unknown, fields: readonly string[]): string | undefined {
  if (!Array.isArray(given)) {
    return "is not a list";
  }
  const at = given.findIndex(
    (one) => one !== UNKNOWN && fields.some((field) => typeof one?.[field] !== "string" || one[field] === ""),
  );
  return at < 0 ? undefined : `has an entry at ${at} without ${fields.join(", ")}`;
}
