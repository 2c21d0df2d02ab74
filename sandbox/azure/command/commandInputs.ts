import { isLoopback } from "../../loopback.ts";
import { checkProperties, type Failure } from "../properties/checkProperties.ts";
import type { Property } from "../properties/property.ts";
import { isObject, textAt, withoutAbsent } from "../properties/values.ts";
import type { Props } from "../providerHost.ts";

export const REMOTE = "command:remote:Command";
export const LOCAL = "command:local:Command";

type Type = Required<Pick<Property, "properties" | "notEmulated">>;

const STRING: Property = { kind: "string" };
const INTEGER: Property = { kind: "integer" };

const CONNECTION: Property = {
  kind: "object",
  required: true,
  properties: {
    host: { kind: "string", required: true },
    port: INTEGER,
    user: STRING,
    privateKey: { kind: "string", required: true },
    hostKey: STRING,
    dialErrorLimit: INTEGER,
    perDialTimeout: INTEGER,
  },
  // The sandbox's machines take a private key without a password, and nothing else.
  notEmulated: ["agentSocketPath", "password", "privateKeyPassword", "proxy"],
};

const CONNECTION_DEFAULTS = { port: 22, user: "root", dialErrorLimit: 10, perDialTimeout: 15 };

const COMMON: Readonly<Record<string, Property>> = {
  create: STRING,
  update: STRING,
  delete: STRING,
  stdin: STRING,
  logging: { kind: "string", values: ["stdout", "stderr", "stdoutAndStderr", "none"] },
  environment: { kind: "map", items: STRING },
  addPreviousOutputInEnv: { kind: "boolean" },
  triggers: { kind: "array" },
};

/** The resource types and their inputs. Source: schema of pulumi-command v1.2.1. */
export const TYPES: Readonly<Record<string, Type>> = {
  [REMOTE]: { properties: { ...COMMON, connection: CONNECTION }, notEmulated: [] },
  [LOCAL]: {
    properties: { ...COMMON, dir: STRING, interpreter: { kind: "array", items: STRING } },
    notEmulated: ["archivePaths", "assetPaths"],
  },
};

/** A resource's inputs with the defaults of its connection, and what is wrong with them. Values that are not known yet pass. */
export function checkCommand(type: string, { properties, notEmulated }: Type, news: Props) {
  const inputs = withoutAbsent(news);
  if ("connection" in properties && isObject(inputs.connection)) {
    inputs.connection = { ...CONNECTION_DEFAULTS, ...withoutAbsent(inputs.connection) };
  }
  const failures: Failure[] = checkProperties(type, { properties, notEmulated }, inputs);
  const host = textAt(inputs, "connection.host");
  if ("connection" in properties && host !== undefined && host !== "localhost" && !isLoopback(host)) {
    const reason = `the sandbox connects to loopback addresses only, not to ${host}. Pass the VM's public address of this sandbox.`;
    failures.push({ property: "connection.host", reason });
  }
  return { inputs, failures };
}
