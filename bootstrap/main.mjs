// Where the engine enters. Plain JavaScript: an older Node.js would stop at the first type annotation of index.ts.
import { RunError } from "@pulumi/pulumi";

if (Number.parseInt(process.versions.node, 10) < 24) {
  throw new RunError(
    `This program needs Node.js 24 or later; ${process.execPath} is ${process.versions.node}.\n` +
      "  next:     run `make bootstrap` in the project's folder, which uses the Node.js that comes with the dependencies\n" +
      "  code:     EP-BOOT-03",
  );
}

/** The program: its exports are the stack's outputs. */
export default async () => ({ ...(await import("./index.ts")) });
