import { accessSync, constants, statSync } from "node:fs";
import { delimiter, join } from "node:path";
import { UserError } from "entra-postgres/errors";
import { readText } from "../../tools/pulumi/processes.ts";

/** The programs that the article's commands use on the VM. On the sandbox this host is the VM. */
export const VM_TOOLS = ["bash", "curl", "jq", "psql"] as const;

/** Facts about a host. @default this host's */
export interface Host {
  path?: string;
  platform?: string;
  arch?: string;
  nodeVersion?: string;
  /** Content of `/etc/os-release`. */
  osRelease?: string;
}

/** A family's command that installs packages, and its package with `psql`. */
const INSTALLERS: readonly { ids: readonly string[]; command: string; psql: string }[] = [
  { ids: ["debian", "ubuntu"], command: "sudo apt-get install -y", psql: "postgresql-client" },
  { ids: ["fedora", "rhel", "centos", "amzn"], command: "sudo dnf install -y", psql: "postgresql" },
  { ids: ["suse", "opensuse"], command: "sudo zypper install -y", psql: "postgresql" },
  { ids: ["arch"], command: "sudo pacman -S --needed", psql: "postgresql-libs" },
  { ids: ["alpine"], command: "sudo apk add", psql: "postgresql-client" },
];

/** @returns the programs of {@link VM_TOOLS} that PATH does not have */
export function missingTools(path = process.env.PATH ?? ""): string[] {
  return VM_TOOLS.filter(
    (tool) => !path.split(delimiter).some((folder) => folder !== "" && isExecutable(join(folder, tool))),
  );
}

/** @returns the command that installs the programs on the system that `/etc/os-release` describes */
export function installCommand(tools: readonly string[], osRelease: string): string {
  const ids = [...osRelease.matchAll(/^ID(?:_LIKE)?="?([^"\n]*)"?$/gm)].flatMap((match) => (match[1] ?? "").split(" "));
  const installer = ids.map((id) => INSTALLERS.find((one) => one.ids.includes(id))).find((one) => one !== undefined);
  const packages = tools.map((tool) => (tool === "psql" ? (installer?.psql ?? "the PostgreSQL client (psql)") : tool));
  return installer
    ? `${installer.command} ${packages.join(" ")}`
    : `install ${packages.join(", ")} with your system's package manager`;
}

/** Checks that the sandbox can run on a host. @throws UserError that names all missing programs and the command that installs them */
export function preflight(host: Host = {}): void {
  const { platform = process.platform, arch = process.arch, nodeVersion = process.versions.node } = host;
  const problems: string[] = [];
  if (platform !== "linux" || arch !== "x64") {
    problems.push(`The sandbox runs on Linux x64; this is ${platform} ${arch}. Run it in a Linux container or VM.`);
  }
  if (Number.parseInt(nodeVersion, 10) < 24) {
    problems.push(
      `Node.js 24 or newer is needed, this is ${nodeVersion}. Use node_modules/.bin/node, or run it by make.`,
    );
  }
  const missing = missingTools(host.path);
  if (missing.length > 0) {
    const command = installCommand(missing, host.osRelease ?? readText("/etc/os-release") ?? "");
    problems.push(`Missing on this host, which plays the VM: ${missing.join(", ")}.\nInstall with: ${command}`);
  }
  if (problems.length === 0) return;
  const expected = "Linux x64, Node.js 24 and the programs of the virtual machine";
  throw new UserError({ code: "EP-CLI-03", step: "checking this host", expected, found: problems.join("\n") });
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}
