import struct from "google-protobuf/google/protobuf/struct_pb.js";

/** Properties of a resource: plain JSON values, and {@link UNKNOWN}. */
export type Props = Record<string, unknown>;

/** A value that is not known before the update. */
export const UNKNOWN: unique symbol = Symbol("unknown");

// The engine's own marks, as @pulumi/pulumi writes them on the wire.
const UNKNOWN_ON_WIRE = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";
// Typed languages have one mark for each type of an unknown value: boolean, number, array, asset, archive, object.
const UNKNOWNS_ON_WIRE: ReadonlySet<unknown> = new Set([
  UNKNOWN_ON_WIRE,
  "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",
  "3eeb2bf0-c639-47a8-9e75-3b44932eb421",
  "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",
  "030794c1-ac77-496b-92df-f27374a8bd58",
  "e48ece36-62e2-4504-bad9-02848725956a",
  "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",
]);
const SIGNATURE = "4dabf18193072939515e22adb298388d";
const SECRET = "1b47061264138c4ac30d75fd1eb44270";
const OUTPUT = "d0e6a833031e9bbcd3f4e8bde6ca49a4";

/** What a message holds, with secrets and outputs unwrapped. */
export function fromStruct(message: struct.Struct | undefined): Props {
  return unwrap(message?.toJavaScript() ?? {}) as Props;
}

/** Where a value lies: names of properties and, in arrays, positions. */
export type PropertyPath = readonly string[];

/**
 * The message for `props`. What lies at one of the paths is marked as secret, and so is the whole property that the path begins
 * with: an answer may hold the value in another place of it.
 */
export function toStruct(props: Props, secrets: readonly PropertyPath[]): struct.Struct {
  const marked = new Set(secrets.flatMap((path) => [key(path.slice(0, 1)), key(path)]));
  return struct.Struct.fromJavaScript(wrapAll(props, [], marked));
}

/** The paths of all secrets, those within secrets included. */
export function secretPaths(message: struct.Struct | undefined): PropertyPath[] {
  return findSecrets(message?.toJavaScript() ?? {}, []);
}

function findSecrets(value: unknown, path: PropertyPath): PropertyPath[] {
  if (!value || typeof value !== "object") {
    return [];
  }
  const { [SIGNATURE]: signature, value: inner, secret } = value as Props;
  if (signature === SECRET || signature === OUTPUT) {
    const isSecret = signature === SECRET || secret === true;
    return [...(isSecret ? [path] : []), ...findSecrets(inner, path)];
  }
  return Object.entries(value).flatMap(([name, item]) => findSecrets(item, [...path, name]));
}

function key(path: PropertyPath): string {
  return JSON.stringify(path);
}

function unwrap(value: unknown): unknown {
  if (UNKNOWNS_ON_WIRE.has(value)) {
    return UNKNOWN;
  }
  if (Array.isArray(value)) {
    return value.map(unwrap);
  }
  if (!value || typeof value !== "object") {
    return value;
  }
  const { [SIGNATURE]: signature, value: inner, ...rest } = value as Props;
  if (signature === SECRET) {
    return unwrap(inner);
  }
  if (signature === OUTPUT) {
    return inner === undefined ? UNKNOWN : unwrap(inner);
  }
  if (signature !== undefined) {
    throw new Error(
      `The sandbox takes no assets, archives or resource references; a property holds one (${Object.keys(rest).join(", ")}).`,
    );
  }
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, unwrap(item)]));
}

function wrap(value: unknown, path: PropertyPath, secrets: ReadonlySet<string>): struct.JavaScriptValue {
  const plain = wrapPlain(value, path, secrets);
  return secrets.size > 0 && secrets.has(key(path)) ? { [SIGNATURE]: SECRET, value: plain } : plain;
}

function wrapPlain(value: unknown, path: PropertyPath, secrets: ReadonlySet<string>): struct.JavaScriptValue {
  if (value === UNKNOWN) {
    return UNKNOWN_ON_WIRE;
  }
  if (Array.isArray(value)) {
    return value.map((item, index) => wrap(item, [...path, String(index)], secrets));
  }
  return value && typeof value === "object"
    ? wrapAll(value, path, secrets)
    : ((value ?? null) as struct.JavaScriptValue);
}

function wrapAll(
  value: object,
  path: PropertyPath,
  secrets: ReadonlySet<string>,
): Record<string, struct.JavaScriptValue> {
  const known = Object.entries(value).filter(([, item]) => item !== undefined);
  return Object.fromEntries(known.map(([name, item]) => [name, wrap(item, [...path, name], secrets)]));
}
