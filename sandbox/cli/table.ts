/** Two aligned columns. Further lines of a value are in the column of its first. */
export function table(rows: readonly (readonly [label: string, value: string])[]): string {
  const width = Math.max(0, ...rows.map(([label]) => label.length));
  const lines = rows.map(([label, value]) => {
    const column = value.trimEnd().replaceAll("\n", `\n${" ".repeat(width + 4)}`);
    return `  ${label.padEnd(width)}  ${column}`;
  });
  return lines.join("\n");
}
