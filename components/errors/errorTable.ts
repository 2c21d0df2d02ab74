import type { ErrorEntry } from "./table/entry.ts";

/**
 * Every error that a user can see, by its code. docs/errors.md is generated from it; messages end with the code. Each area has a file of its
 * own in `table/`.
 */
export const ERROR_TABLE = {} as const satisfies { [code: string]: ErrorEntry };

/** Code of an error that a user can see. */
export type ErrorCode = keyof typeof ERROR_TABLE;
