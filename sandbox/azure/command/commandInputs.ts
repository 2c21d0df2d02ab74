import { type Props, UNKNOWN } from "../providerHost.ts";
import { checkConnection } from "./connection.ts";

export const REMOTE = "command:remote:Command";
export const LOCAL = "command:local:Command";

type Kind = "string" | "boolean" | "list" | "strings" | "map";

/** Source: schema of pulumi-command v1.2.1. `connection` is checked apart. */
const COMMON: Record<string, Kind> = {
  create: "string",
  update: "string",
  delete: "string",
  stdin: "string",
  logging: "string",
  environment: "map",
  addPreviousOutputInEnv: "boolean",
  triggers: "list",
};
const LOCAL_ONLY: Record<string, Kind> = { dir: "string", interpreter: "strings" };
const UNSUPPORTED = ["assetPaths", "archivePaths"];
const LOGGING = ["stdout", "stderr", "stdoutAndStderr", "none"];

/** A resource's inputs with defaults, and what is wrong with them. Values not known yet are let through. */
export function checkCommand(
  type: string,
  news: Props,
): { inputs: Props; failures: { property: string; reason: string }[] } {
  const inputs = Object.fromEntries(Object.entries(news).filter(([, value]) => value !== undefined && value !== null));
  const remote = type === REMOTE;
  const kinds = remote ? COMMON : { ...COMMON, ...LOCAL_ONLY };
  const failures = Object.entries(inputs).flatMap(([key, value]) => {
    if (remote && key === "connection") return [];
    const reason = fault(type, kinds, key, value);
    return reason === undefined ? [] : [{ property: key, reason }];
  });
  if (!remote) return { inputs, failures };
  const checked = checkConnection(inputs.connection);
  return { inputs: { ...inputs, connection: checked.connection }, failures: [...failures, ...checked.failures] };
}

function fault(type: string, kinds: Record<string, Kind>, key: string, value: unknown): string | undefined {
  const kind = kinds[key];
  if (kind === undefined) {
    return UNSUPPORTED.includes(key) && type === LOCAL
      ? `The sandbox does not support ${key}: it carries no assets and archives.`
      : `${type} has no input ${key}.`;
  }
  if (!isKind(value, kind)) return `${key} must be a ${NAMES[kind]}.`;
  if (key === "logging" && value !== UNKNOWN && !LOGGING.includes(String(value))) {
    return `logging must be one of ${LOGGING.join(", ")}.`;
  }
  return undefined;
}

const NAMES: Record<Kind, string> = {
  string: "string",
  boolean: "boolean",
  list: "list",
  strings: "list of strings",
  map: "map of strings",
};

function isKind(value: unknown, kind: Kind): boolean {
  if (value === UNKNOWN) return true;
  if (kind === "list") return Array.isArray(value);
  if (kind === "strings") return Array.isArray(value) && value.every((item) => isKind(item, "string"));
  if (kind === "map") {
    return (
      typeof value === "object" && !Array.isArray(value) && Object.values(value ?? {}).every((v) => isKind(v, "string"))
    );
  }
  return typeof value === kind;
}
