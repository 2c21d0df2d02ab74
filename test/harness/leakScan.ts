/**
 * Looks for access tokens in a text: whole, each of their three parts, and base64 or URL encoded.
 *
 * @returns what was found, as the first characters of each finding, so that a failing test does not print the rest.
 */
export function findSecrets(text: string, tokens: readonly string[]): string[] {
  return tokens.flatMap((token) =>
    formsOf(token)
      .filter((form) => text.includes(form))
      .map((form) => `${form.slice(0, 12)}...`),
  );
}

/** The first part of a token is the same for all and says nothing; the others are its claims and its signature. */
function formsOf(token: string): string[] {
  const [, claims = "", signature = ""] = token.split(".");
  const parts = [token, claims, signature].filter((part) => part.length >= 16);
  return parts.flatMap((part) => [
    part,
    Buffer.from(part).toString("base64").replace(/=+$/, "").slice(0, -2),
    encodeURIComponent(part),
  ]);
}
