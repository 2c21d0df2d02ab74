import type { StackFile } from "./stackFile.ts";

/** How azure-native names what the program does not name: `pulumi:autonaming`. */
interface Autonaming {
  mode?: string;
  pattern?: string;
  providers?: { [provider: string]: Autonaming };
}

/**
 * The name that a resource of azure-native gets where the stack chooses names without a random part; undefined where it has one.
 *
 * Source: Pulumi documentation, "Automatic naming configuration"; of its settings those for single resource types are left out.
 *
 * @param resource the resource's name in the program
 */
export function fixedName(resource: string, { project, stack, values }: StackFile): string | undefined {
  const all = parsed(values["pulumi:autonaming"]);
  const { mode, pattern } = all.providers?.["azure-native"] ?? all;
  if (mode === "verbatim") return resource;
  const words: Record<string, string> = {
    name: resource,
    project,
    stack: stack.name,
    ...(stack.organization ? { organization: stack.organization } : {}),
  };
  const named = pattern?.replace(/\$\{(\w+)\}/g, (written, word: string) => words[word] ?? written);
  return named === undefined || named.includes("${") ? undefined : named;
}

function parsed(text: string | undefined): Autonaming {
  try {
    return JSON.parse(text ?? "{}");
  } catch {
    return {};
  }
}
