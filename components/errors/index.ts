export { errorFor, errorsIn, isErrorCode, type Signs } from "./errorFor.ts";
export { ERROR_TABLE, type ErrorCode } from "./errorTable.ts";
export { type Explanation, UserError } from "./userError.ts";
