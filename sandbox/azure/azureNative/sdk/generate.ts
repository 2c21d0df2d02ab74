import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Declarations, readDeclarations } from "./declarations.ts";

// Writes declarations.json again from the installed @pulumi/azure-native. Tokens in the arguments are added to it:
// node sandbox/azure/azureNative/sdk/generate.ts azure-native:network:NatGateway

const file = join(import.meta.dirname, "declarations.json");
const old = JSON.parse(readFileSync(file, "utf8")) as Declarations;
const tokens = [...Object.keys(old.resources), ...Object.keys(old.functions), ...process.argv.slice(2)];
writeFileSync(file, JSON.stringify(readDeclarations(tokens)));
execFileSync("biome", ["format", "--write", file]);
