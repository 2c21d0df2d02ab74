import type { Facts } from "./facts.ts";

/** What may say who or where, whatever it is a fact of. */
const PATTERNS: readonly [RegExp, string][] = [
  [/\beyJ[\w-]+(\.[\w-]*){1,2}/g, "<token>"],
  [/\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/gi, "<id>"],
  [/\/subscriptions\/[^/\s"'?]+(\/[^\s"'?]*)?/gi, "<arm id>"],
  [/[\w.+#%-]+@[\w-]+(\.[\w-]+)+/g, "<user>"],
  [/\b(\d{1,3}\.){3}\d{1,3}\b/g, "<address>"],
  [/(?<![\w:])(?=[\da-f:]*::|(?:[\da-f]+:){7})[\da-f:]{3,39}(?![\w:])/gi, "<address>"],
  // Not the endpoints that all tenants share.
  [
    /(?<![\w.-])(?!(?:ossrdbms-aad|sts|management|login)\.)[\w-]+(\.[\w-]+)*\.(azure\.com|windows\.net|usgovcloudapi\.net|chinacloudapi\.cn)\b/gi,
    "<host>",
  ],
  // What is as long and as mixed as a key or a secret.
  [/(?<![\w/+-])(?=[\w/+-]*\d)(?=[\w/+-]*[a-z])(?=[\w/+-]*[A-Z])[\w/+-]{32,}={0,2}/g, "<secret>"],
];

/** Words that are no secret in themselves, though a text may name them. */
const PUBLIC = ["port", "type", "location", "caCert"];

/** The text without secrets, ids, addresses and names: `<name>` stands for a fact of the deployment. */
export function redact(text: string, facts: Facts): string {
  const known: [string, string][] = Object.entries(facts)
    .filter(([name, value]) => !PUBLIC.includes(name) && value)
    .flatMap(([name, value]) => [
      [value, name] as [string, string],
      ...(/Id$/.test(name) ? lastName(value, name) : []),
    ]);
  known.sort(([one], [other]) => other.length - one.length);
  let redacted = text;
  for (const [value, name] of known) redacted = redacted.replaceAll(word(value), `<${name}>`);
  for (const [pattern, placeholder] of PATTERNS) redacted = redacted.replaceAll(pattern, placeholder);
  return redacted;
}

/** The name at the end of an ARM id, and its subscription. */
function lastName(id: string, name: string): [string, string][] {
  const parts = id.split("/");
  return parts.length < 3 ? [] : [[parts.at(-1) ?? "", name.replace(/Id$/, "Name")]];
}

/** The value where it is a word: the role `app` is not in `application`. */
function word(value: string): RegExp {
  return new RegExp(`(?<![\\w-])${value.replace(/[\\^$.*+?()[\]{}|/-]/g, "\\$&")}(?![\\w-])`, "gi");
}
