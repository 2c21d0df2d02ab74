import struct from "google-protobuf/google/protobuf/struct_pb.js";

/** Properties of a resource: plain JSON values, and {@link UNKNOWN}. */
export type Props = Record<string, unknown>;

/** A value that is not known before the update. */
export const UNKNOWN: unique symbol = Symbol("unknown");

// The engine's own marks, as @pulumi/pulumi writes them on the wire.
const UNKNOWN_ON_WIRE = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";
// Programs in typed languages write an unknown of another type than string in a way of its own: boolean, number, array, asset, archive, object.
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

/** The message for `props`; values under one of `secrets` are marked as secret. */
export function toStruct(props: Props, secrets: readonly string[]): struct.Struct {
  const wire = Object.entries(props)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => {
      const plain = wrap(value);
      return [key, secrets.includes(key) ? { [SIGNATURE]: SECRET, value: plain } : plain];
    });
  return struct.Struct.fromJavaScript(Object.fromEntries(wire));
}

/** Names of the properties that are secret or hold a secret at any depth. */
export function secretKeys(message: struct.Struct | undefined): string[] {
  return Object.entries(message?.toJavaScript() ?? {})
    .filter(([, value]) => holdsSecret(value))
    .map(([key]) => key);
}

function holdsSecret(value: unknown): boolean {
  if (!value || typeof value !== "object") {
    return false;
  }
  const { [SIGNATURE]: signature, secret } = value as Props;
  return signature === SECRET || (signature === OUTPUT && secret === true) || Object.values(value).some(holdsSecret);
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

function wrap(value: unknown): struct.JavaScriptValue {
  if (value === UNKNOWN) {
    return UNKNOWN_ON_WIRE;
  }
  if (Array.isArray(value)) {
    return value.map(wrap);
  }
  if (value && typeof value === "object") {
    const known = Object.entries(value).filter(([, item]) => item !== undefined);
    return Object.fromEntries(known.map(([key, item]) => [key, wrap(item)]));
  }
  return (value ?? null) as struct.JavaScriptValue;
}
