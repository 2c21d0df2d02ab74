import type { ErrorTable } from "./entry.ts";

/** Errors of the bootstrap program, which creates what the pipelines need. */
export const BOOT_ERRORS = {
  "EP-BOOT-01": {
    title: "The bootstrap's configuration is invalid",
    meaning: "A key is unknown, missing or has a wrong value; the message lists every problem.",
    next: "set each key with `pulumi config set`; docs/bootstrap.md lists the keys",
  },
  "EP-BOOT-02": {
    title: "A GitHub environment is open to more than its own branches",
    meaning: "A job of any branch or tag that may use the environment could act as the environment's identity.",
    next: "remove the other branches and tags in the repository's settings, Environments, then run `pulumi up` again",
  },
  "EP-BOOT-03": {
    title: "The bootstrap program runs on an older Node.js",
    meaning: "The program is TypeScript, which Node.js runs directly from version 24.",
    next: "run `make bootstrap` in the project's folder, which uses the Node.js that comes with the dependencies",
  },
  "EP-BOOT-04": {
    title: "Pulumi.yaml does not name the project",
    meaning: "The names of the resources begin with the name of the project that the pipelines deliver.",
    next: "add a line `name: <project>` to Pulumi.yaml",
  },
} as const satisfies ErrorTable;
