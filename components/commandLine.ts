#!/usr/bin/env node
import { runDoctor } from "./doctor/main.ts";

/** `npx entra-postgres doctor`: the package's one command. It loads none of the Pulumi packages. */
const [command, ...args] = process.argv.slice(2);
if (command === "doctor") {
  process.exitCode = runDoctor(args);
} else {
  console.error("usage: npx entra-postgres doctor [options]; npx entra-postgres doctor --help shows them");
  process.exitCode = command === "--help" ? 0 : 2;
}
