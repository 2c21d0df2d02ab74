/** Names of the rules that a preview or update reported, by their level, as the CLI prints them without colours. */
export function reported(text: string, level: "mandatory" | "advisory"): string[] {
  const lines = text.matchAll(new RegExp(`- \\[${level}\\] (?:\\[severity: \\w+\\])? +([\\w-]+)`, "g"));
  return [...new Set([...lines].map(([, name = ""]) => name))].sort();
}
