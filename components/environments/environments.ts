/** What a stack is for, from the least to the most strictly judged. */
export const ENVIRONMENTS = ["dev", "test", "prod"] as const;

/** One of {@link ENVIRONMENTS}. */
export type Environment = (typeof ENVIRONMENTS)[number];
