import type { ErrorTable } from "./entry.ts";

/** The commands of the sandbox and of `make`. */
export const CLI_ERRORS = {
  "EP-CLI-01": {
    title: "No Pulumi CLI can be found, downloaded or built",
    meaning:
      "Every command that runs Pulumi needs the CLI: from PATH, by the npm package `pulumi`, or built from its Go modules.",
    next: "install the Pulumi CLI (https://www.pulumi.com/docs/install/) or Go, and run the command again",
  },
  "EP-CLI-02": {
    title: "The command line of the sandbox is wrong",
    meaning: "`node sandbox/cli/main.ts` does not know the command, or its arguments are incomplete.",
    next: "see `node sandbox/cli/main.ts help`",
  },
  "EP-CLI-03": {
    title: "This host lacks something that the sandbox needs",
    meaning:
      "The sandbox runs on Linux x64 with Node.js 24, and the host's programs play those of the virtual machine.",
    next: "install what the error names, and run the command again",
  },
  "EP-CLI-04": {
    title: "No sandbox is up",
    meaning: "psql, token, vm and drift use a sandbox that another command keeps up.",
    next: "run `make sandbox` in another terminal and leave it running",
  },
  "EP-CLI-05": {
    title: "A sandbox is up already",
    meaning: "One process at a time runs the sandbox of a folder.",
    next: "use the one that is up, or stop it first: node sandbox/cli/main.ts stop",
  },
  "EP-CLI-06": {
    title: "The sandbox has no connection details of the program",
    meaning:
      "psql, token, vm and drift use what `make sandbox` has deployed; this sandbox holds something else, or nothing.",
    next: "run `make sandbox`; for a program of your own use node sandbox/cli/main.ts exec -- psql",
  },
  "EP-CLI-07": {
    title: "The program has no such application or virtual machine",
    meaning: "APP, or the argument of vm, names an application of the configuration.",
    next: "give one of the names that the error lists, as in APP=orders",
  },
  "EP-CLI-08": {
    title: "Another command is at work on the stack",
    meaning: "Pulumi locks a stack while a command changes it; a command that was killed leaves the lock.",
    next:
      "wait for its end; if it has ended, remove its lock: " +
      "node sandbox/cli/main.ts exec -- pulumi cancel --yes --stack sandbox",
  },
  "EP-CLI-09": {
    title: "A Pulumi command on the sandbox's stack failed",
    meaning: "The stack could not be created, or its outputs or its state could not be read.",
    next: "read what Pulumi said; `make clean` removes the sandbox's state",
  },
  "EP-CLI-10": {
    title: "The running sandbox refuses to answer",
    meaning: "Its control endpoint or a metadata endpoint answered with an error.",
    next: "run `make clean`, then start the sandbox again",
  },
  "EP-CLI-11": {
    title: "`make drift` cannot show what it wants to show",
    meaning: "It drops a role as the administrator and expects the virtual machine's login to fail.",
    next: "read what psql said, then run `make drift` again",
  },
  "EP-CLI-12": {
    title: "The program has no outputs `receipts` and `connections`",
    meaning: "`make sandbox` shows both at its end; without them nothing shows that the login works.",
    next: "export both from index.ts",
  },
  "EP-CLI-13": {
    title: "The stack has nothing that a probe can ask",
    meaning: "`make probe` reads the server, the virtual machine and an application's role from the stack's state.",
    next: "deploy the stack first: make up STACK=<stack>",
  },
} as const satisfies ErrorTable;
