import * as pulumi from "@pulumi/pulumi";
import { shellQuote } from "entra-postgres/shell-quote";

/** The command that sets a key or a part of one; a user can paste it. */
export function setCommand(path: string, value: string): string {
  return `pulumi config set --stack ${stackName()} ${pathWord(path)} ${quote(value)}`;
}

/** The command that removes a key or a part of one. */
export function removeCommand(path: string): string {
  return `pulumi config rm --stack ${stackName()} ${pathWord(path)}`;
}

/** The commands that move a key of another project to this one, without showing its value. */
export function moveCommands(namespaced: string, key: string, isSecret: boolean): { set: string; remove: string } {
  const stack = `--stack ${stackName()}`;
  const secret = isSecret ? "--secret " : "";
  return {
    set: `pulumi config set ${stack} ${secret}${key} "$(pulumi config get ${stack} ${namespaced})"`,
    remove: removeCommand(namespaced),
  };
}

/** The stack as `--stack` takes it: without its organization, the CLI would look in the user's own. */
function stackName(): string {
  const organization = pulumi.getOrganization();
  // Backends without organizations call theirs "organization".
  return organization === "organization" ? pulumi.getStack() : `${organization}/${pulumi.getStack()}`;
}

function pathWord(path: string): string {
  return path.includes("[") ? `--path '${path}'` : path;
}

/** A value as one word of a shell. */
function quote(value: string): string {
  // The shell expands the home directory.
  return value.startsWith("~/") ? value : shellQuote(value);
}
