import { didYouMean } from "entra-postgres/suggestions";

/**
 * What the sandbox has for a token of a provider.
 * @param kind such as "resource type"
 * @throws Error for a token that the sandbox does not emulate; it names the nearest one, and all others
 */
export function emulated<T>(kind: string, token: string, known: Readonly<Record<string, T>>): T {
  const found = Object.hasOwn(known, token) ? known[token] : undefined;
  if (found !== undefined) return found;
  const tokens = Object.keys(known);
  throw new Error(
    `The sandbox does not emulate the ${kind} ${token}${didYouMean(token, tokens)}. Use one that it has, or deploy to Azure: ` +
      `${tokens.join(", ")}.`,
  );
}
