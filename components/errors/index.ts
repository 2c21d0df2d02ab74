export { ERROR_TABLE, type ErrorCode } from "./errorTable.ts";
export { type Explanation, UserError } from "./userError.ts";
