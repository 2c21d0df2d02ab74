import type { Props } from "../providerHost.ts";
import { UNKNOWN } from "../providerHost.ts";

/** A property that cannot be taken, and why. */
export interface Failure {
  property: string;
  reason: string;
}

/** What the inputs of a command may hold: the names that the stand-in acts on, and those that only the real provider does. */
interface Shape {
  supported: readonly string[];
  unsupported: readonly string[];
}

const COMMON = ["create", "update", "delete", "environment", "stdin", "triggers", "addPreviousOutputInEnv", "logging"];

/** Names as in version 1.2.1 of the provider's schema. */
const SHAPES: Record<string, Shape> = {
  "command:remote:Command": { supported: [...COMMON, "connection"], unsupported: [] },
  "command:local:Command": {
    supported: [...COMMON, "dir", "interpreter"],
    unsupported: ["assetPaths", "archivePaths"],
  },
};

const CONNECTION: Shape = {
  supported: ["host", "port", "user", "privateKey", "hostKey", "dialErrorLimit", "perDialTimeout"],
  unsupported: ["password", "privateKeyPassword", "agentSocketPath", "proxy"],
};

const LOGGING = ["stdout", "stderr", "stdoutAndStderr", "none"];

/** The inputs with the provider's defaults, and everything that is wrong with them. */
export function checkCommand(type: string, news: Props): { inputs: Props; failures: Failure[] } {
  const shape = SHAPES[type];
  if (!shape) {
    throw new Error(
      `The sandbox's command provider has no ${type}. Next: use ${Object.keys(SHAPES).join(" or ")}, or SANDBOX_PROVIDERS=real.`,
    );
  }
  const failures = namesOf(news, shape, "");
  if (news.logging !== undefined && news.logging !== UNKNOWN && !LOGGING.includes(String(news.logging))) {
    failures.push({ property: "logging", reason: `is not one of: ${LOGGING.join(", ")}` });
  }
  if (type !== "command:remote:Command") {
    return { inputs: news, failures };
  }
  const { connection } = news;
  if (connection === UNKNOWN) {
    return { inputs: news, failures };
  }
  if (!connection || typeof connection !== "object") {
    return { inputs: news, failures: [...failures, { property: "connection", reason: "is required" }] };
  }
  failures.push(...namesOf(connection as Props, CONNECTION, "connection."));
  if (!("host" in connection)) {
    failures.push({ property: "connection.host", reason: "is required" });
  }
  const defaults = { user: "root", port: 22, dialErrorLimit: 10, perDialTimeout: 15 };
  return { inputs: { ...news, connection: { ...defaults, ...connection } }, failures };
}

function namesOf(props: Props, shape: Shape, path: string): Failure[] {
  return Object.keys(props).flatMap((name) => {
    if (shape.supported.includes(name)) {
      return [];
    }
    const reason = shape.unsupported.includes(name)
      ? "is known to the real provider only; run with SANDBOX_PROVIDERS=real"
      : `is not a property; there are: ${[...shape.supported, ...shape.unsupported].join(", ")}`;
    return [{ property: `${path}${name}`, reason }];
  });
}
