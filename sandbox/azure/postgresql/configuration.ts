/** Where and as whom a provider instance connects. */
export interface Configuration {
  host: string;
  /** @default 5432 */
  port: number;
  /** Database of everything that names none. @default "postgres" */
  database: string;
  username: string;
  /** Name of the role, where a user name map gives the login another role. @default username */
  databaseUsername: string;
  tenantId: string;
  /** Limit for connecting, in seconds; 0 means no limit. @default 180 */
  connectTimeout: number;
  /** File with the PEM certificates that are trusted instead of the machine's. */
  rootCertificateFile?: string;
}

const KNOWN = [
  "host",
  "port",
  "database",
  "username",
  "databaseUsername",
  "sslmode",
  "sslrootcert",
  "azureIdentityAuth",
  "azureTenantId",
  "connectTimeout",
  "superuser",
] as const;

/** Settings that the engine adds and that concern no server. */
const OF_THE_ENGINE = ["version", "pluginDownloadURL"];

/**
 * Reads a provider's configuration. Its names and defaults are those of @pulumi/postgresql 3.18; the plugin's defaults from the
 * variables PGHOST, PGUSER and so on are not taken, since the sandbox does not run in the command's environment.
 * @throws Error for a password, for another `sslmode` than verify-full, for a missing setting and for one that is not known
 */
export function readConfiguration(config: Readonly<Record<string, string>>): Configuration {
  if (config.password) {
    throw new Error(
      "The postgresql provider has a password, and the server takes Entra tokens only. Remove password and set azureIdentityAuth: true.",
    );
  }
  for (const name of Object.keys(config)) {
    const known = (KNOWN as readonly string[]).includes(name) || OF_THE_ENGINE.includes(name) || name.startsWith("__");
    if (!known && config[name]) {
      throw new Error(
        `The sandbox's postgresql provider does not know the setting ${name}. Remove it; known are ${KNOWN.join(", ")}.`,
      );
    }
  }
  if (config.sslmode !== "verify-full") {
    throw new Error(
      `The postgresql provider has sslmode ${config.sslmode || "(none)"}, which does not verify the server. Set sslmode: "verify-full".`,
    );
  }
  if (config.azureIdentityAuth !== "true") {
    throw new Error("The postgresql provider has no azureIdentityAuth. Set azureIdentityAuth: true.");
  }
  const username = required(config, "username");
  return {
    host: required(config, "host"),
    port: wholeNumber(config, "port", 5432),
    database: config.database || "postgres",
    username,
    databaseUsername: config.databaseUsername || username,
    tenantId: required(config, "azureTenantId"),
    connectTimeout: wholeNumber(config, "connectTimeout", 180),
    ...(config.sslrootcert ? { rootCertificateFile: config.sslrootcert } : {}),
  };
}

function required(config: Readonly<Record<string, string>>, name: string): string {
  const value = config[name];
  if (!value) throw new Error(`The postgresql provider has no ${name}. Set ${name}.`);
  return value;
}

function wholeNumber(config: Readonly<Record<string, string>>, name: string, otherwise: number): number {
  const value = config[name];
  if (!value) return otherwise;
  if (!/^\d{1,9}$/.test(value)) throw new Error(`The postgresql provider has ${name} ${value}; give a whole number.`);
  return Number(value);
}
