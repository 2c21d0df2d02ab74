import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { CloudConfig } from "entra-postgres";

/** A service of a VM that uses the database. */
export interface DatabaseServiceArgs {
  /** Name of the unit, and of its folders. */
  name: string;
  /** DNS name of the server. */
  host: string;
  /** Port of the server. @default 5432 */
  port?: number;
  database: string;
  /** The role: the name of the VM's identity. */
  user: string;
  /** Client id; needed where the VM has more than one identity. */
  clientId?: string;
  /** The resource for which the database takes tokens (`tokenResource` of the connection details). @default the public cloud's */
  tokenResource?: string;
  /** Program to run, a file of this repository. @default the client in shell, whose tools every IdentityVm has */
  program?: string;
}

/**
 * What cloud-init has to do for a systemd service: `cloudConfig` of `IdentityVm`. Nothing here is secret: the token comes from the
 * metadata service when the service runs. The VM boots before its role is made; until then the client in shell waits.
 */
export function databaseService(args: DatabaseServiceArgs): CloudConfig {
  const { name, host, port = 5432, database, user, clientId, tokenResource } = args;
  const program = args.program ?? join(import.meta.dirname, "../shell/connect.sh");
  const environment = {
    PGHOST: host,
    PGPORT: port,
    PGDATABASE: database,
    PGUSER: user,
    PGSSLMODE: "verify-full",
    PGSSLROOTCERT: "/etc/ssl/certs/ca-certificates.crt",
    ...(clientId ? { AZURE_CLIENT_ID: clientId } : {}),
    ...(tokenResource ? { POSTGRES_TOKEN_RESOURCE: tokenResource } : {}),
  };
  return {
    write_files: [
      { path: `/opt/${name}/serve`, permissions: "0755", content: readFileSync(program, "utf8") },
      {
        path: `/etc/${name}/database.env`,
        permissions: "0644",
        content: Object.entries(environment)
          .map(([key, value]) => `${key}=${value}\n`)
          .join(""),
      },
      { path: `/etc/systemd/system/${name}.service`, permissions: "0644", content: unit(name) },
    ],
    runcmd: [
      ["systemctl", "daemon-reload"],
      ["systemctl", "enable", "--now", `${name}.service`],
    ],
  };
}

/** A service without rights on the VM: all that it needs is the network and the identity. */
function unit(name: string): string {
  return `[Unit]
Description=${name}, which uses the database as the VM's identity
Wants=network-online.target
After=network-online.target
StartLimitIntervalSec=0

[Service]
EnvironmentFile=/etc/${name}/database.env
ExecStart=/opt/${name}/serve serve
Restart=on-failure
RestartSec=10
DynamicUser=yes
NoNewPrivileges=yes
ProtectSystem=strict
ProtectHome=yes
PrivateTmp=yes

[Install]
WantedBy=multi-user.target
`;
}
