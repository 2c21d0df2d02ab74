import { createHash } from "node:crypto";
import { shortened } from "../summary/markdown.ts";

/** Keys by which the engine marks values that are not plain. Source: pulumi/pulumi, sdk/go/common/resource/sig/sig.go. */
const MARK = "4dabf18193072939515e22adb298388d";
const MARKS = {
  secret: "1b47061264138c4ac30d75fd1eb44270",
  output: "d0e6a833031e9bbcd3f4e8bde6ca49a4",
  resource: "5cf8f73096256a8f31e491e813e4eb8e",
} as const;

/** The engine's placeholders, one for each type, for values that only `up` can know. Source: pulumi/pulumi, resource/plugin/rpc.go. */
const UNKNOWN = new Set([
  "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",
  "3eeb2bf0-c639-47a8-9e75-3b44932eb421",
  "04da6b54-80e4-46f7-96ec-b56ff0331ba9",
  "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",
  "030794c1-ac77-496b-92df-f27374a8bd58",
  "e48ece36-62e2-4504-bad9-02848725956a",
  "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",
]);

const SECRET = "[secret]";
/** Shown for a value that only `up` can know. */
export const LATER = "(known after up)";

/** Names of properties whose values are never shown, whether the engine knows them as secrets or not. */
const SECRET_NAME = /password(?!_?auth)|passphrase|secret|credential|private_?key|token$|assertion|connection_?string/i;
/** A JSON Web Token, whole or its first two parts, and a private key in PEM form. */
const SECRET_VALUE =
  /\beyJ[\w-]{8,}\.[\w-]{8,}(\.[\w-]*)?|-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(-----END [A-Z ]*PRIVATE KEY-----|$)/g;

const BLOCK = "-----BEGIN CERTIFICATE-----([^-]*)-----END CERTIFICATE-----";
/** Certificates in PEM form, one after the other. */
const CERTIFICATES = new RegExp(`${BLOCK}(?:\\s*${BLOCK})*(?:\\s*$)?`, "g");

/** Matches the text that is shown for certificates that are a whole value. */
export const CERTIFICATE = /^"\(\d* ?certificates? [0-9a-f]{8}\)"$/;

/** Identifies certificates by the first digits of their SHA-256; for a single certificate that is its fingerprint. */
function certificates(pem: string): string {
  const all = [...pem.matchAll(new RegExp(BLOCK, "g"))];
  const hash = createHash("sha256");
  for (const [, base64 = ""] of all) hash.update(base64, "base64");
  const count = all.length === 1 ? "certificate" : `${all.length} certificates`;
  return `(${count} ${hash.digest("hex").slice(0, 8)})`;
}

/** The text with every token and private key replaced. */
export function withoutSecrets(text: string): string {
  return text.replace(SECRET_VALUE, SECRET);
}

/**
 * A value of a property as one short line; secrets are replaced.
 * @param path of the property; some names mark a secret
 */
export function shownValue(path: string, value: unknown, limit: number): string {
  if (value === undefined) return "(none)";
  const names = path.split(/[.[\]"]+/);
  const shown = names.some((name) => SECRET_NAME.test(name)) ? SECRET : plain(value);
  if (shown === SECRET || shown === LATER) return shown;
  return shortened(withoutSecrets(JSON.stringify(shown)), limit);
}

/** The value without the engine's marks. */
function plain(value: unknown): unknown {
  if (typeof value === "string") return UNKNOWN.has(value) ? LATER : value.replace(CERTIFICATES, certificates);
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== "object" || value === null) return value;
  const object = value as Record<string, unknown>;
  const mark = object[MARK];
  if (mark === undefined) {
    return Object.fromEntries(
      Object.entries(object)
        .filter(([name]) => !isEngineOwn(name))
        .map(([name, each]) => [name, SECRET_NAME.test(name) ? SECRET : plain(each)]),
    );
  }
  if (mark === MARKS.output) {
    if (object.secret === true) return SECRET;
    return "value" in object ? plain(object.value) : LATER;
  }
  if (mark === MARKS.resource) return `(${String(object.urn ?? "a resource")})`;
  // The content of a file or an archive does not belong in a summary.
  return mark === MARKS.secret ? SECRET : "(a file)";
}

/** Whether a value is one of the engine's special objects: a secret, a file, a reference. */
export function isMarked(value: object): boolean {
  return MARK in value;
}

/** Whether the engine or an SDK has added the property. */
export function isEngineOwn(name: string): boolean {
  return name.startsWith("__");
}

/** The value at a path such as `rules[0].tags["a.b"]`, or undefined. */
export function valueAt(root: unknown, path: string): unknown {
  let value = root;
  for (const part of pathParts(path)) {
    if (typeof value !== "object" || value === null) return undefined;
    const object = value as Record<string, unknown>;
    // The properties of a secret are secret, too.
    if (object[MARK] !== undefined) return value;
    value = object[part];
  }
  return value;
}

/** The parts of a path in the engine's notation. Source: pulumi/pulumi, sdk/go/common/resource/property_path.go. */
function pathParts(path: string): string[] {
  const parts = path.matchAll(/\["((?:[^"\\]|\\.)*)"\]|\[(\d+)\]|([^.[\]]+)/g);
  return [...parts].map(([, quoted, index, name]) => quoted?.replace(/\\(.)/g, "$1") ?? index ?? name ?? "");
}
