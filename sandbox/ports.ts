import { join } from "node:path";
import { ReservedPort } from "./reservedPort.ts";
import { StateFile } from "./stateFile.ts";

/** The ports of a sandbox: one for its database servers, and one for SSH. */
export interface Ports {
  databasePort: number;
  sshPort: number;
}

/** The ports that Pulumi.sandbox.yaml names. */
export const DEFAULT_PORTS: Ports = { databasePort: 25432, sshPort: 2222 };

/** The ports of a running sandbox. No other sandbox takes them before they are released. */
export interface ReservedPorts extends Ports {
  /** The ports differ from those of the last run, which are in the states of the stacks. */
  moved: boolean;
  release(): Promise<void>;
}

/**
 * Reserves the ports of the folder's last run, else the default ones. Replaces a port that another program uses by the next free one, writes a
 * line about it and records it for the next run.
 */
export async function reservePorts(dir: string, log: (line: string) => void): Promise<ReservedPorts> {
  const file = new StateFile<Partial<Ports>>(join(dir, "ports.json"), () => ({}));
  const last = { ...file.value };
  const wanted = { ...DEFAULT_PORTS, ...last };
  const database = await ReservedPort.take(wanted.databasePort);
  const ssh = await ReservedPort.take(wanted.sshPort);
  const ports: Ports = { databasePort: database.port, sshPort: ssh.port };
  if (ports.databasePort !== wanted.databasePort)
    log(`Port ${wanted.databasePort} is taken: the database uses ${ports.databasePort}.`);
  if (ports.sshPort !== wanted.sshPort) log(`Port ${wanted.sshPort} is taken: SSH uses ${ports.sshPort}.`);
  const moved = Object.entries(last).some(([name, port]) => ports[name as keyof Ports] !== port);
  if (moved) log("What is deployed still names the old port: run `make sandbox`, or `pulumi up` without --refresh.");
  Object.assign(file.value, ports);
  file.save();
  return {
    ...ports,
    moved,
    release: async () => {
      await database.release();
      await ssh.release();
    },
  };
}
