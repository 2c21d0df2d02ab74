import { show } from "./roleName.ts";

/** What each administrator has to have. */
const FIELDS = ["objectId", "name", "type"] as const;

/**
 * What is wrong with a list of administrators as a program gave it.
 *
 * @param unknown what stands for a value that is not known yet
 */
export function administratorsProblem(list: readonly unknown[], unknown: string): string | undefined {
  const problems = list.map((one, index) => {
    if (one === unknown) return undefined;
    const fields: Record<string, unknown> = typeof one === "object" && one !== null ? { ...one } : {};
    const missing = FIELDS.find((field) => typeof fields[field] !== "string" || fields[field] === "");
    return missing && `has ${show(one)} at ${index}, without ${missing}; each needs ${FIELDS.join(", ")}`;
  });
  return problems.find((problem) => problem !== undefined);
}
