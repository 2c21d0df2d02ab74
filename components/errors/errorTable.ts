import { ACCESS_ERRORS } from "./table/access.ts";
import { AZURE_ERRORS } from "./table/azure.ts";
import { BOOT_ERRORS } from "./table/boot.ts";
import { CHECK_ERRORS } from "./table/check.ts";
import { CLI_ERRORS } from "./table/cli.ts";
import { CONFIG_ERRORS } from "./table/config.ts";
import { DELIVERY_ERRORS } from "./table/delivery.ts";
import { DOCTOR_ERRORS } from "./table/doctor.ts";
import { DRIFT_ERRORS } from "./table/drift.ts";
import type { ErrorEntry } from "./table/entry.ts";
import { LOGIN_ERRORS } from "./table/login.ts";
import { POLICY_ERRORS } from "./table/policy.ts";
import { POSTGRES_ERRORS } from "./table/postgres.ts";
import { PREFLIGHT_ERRORS } from "./table/preflight.ts";
import { ROLE_ERRORS } from "./table/role.ts";
import { SANDBOX_ERRORS } from "./table/sandbox.ts";
import { SERVER_ERRORS } from "./table/server.ts";
import { VM_ERRORS } from "./table/vm.ts";

/**
 * Every error that a user can see, by its code. docs/errors.md is generated from it; messages end with the code. Each area has a file of its
 * own in `table/`.
 */
export const ERROR_TABLE = {
  ...POSTGRES_ERRORS,
  ...AZURE_ERRORS,
  ...LOGIN_ERRORS,
  ...ROLE_ERRORS,
  ...ACCESS_ERRORS,
  ...CHECK_ERRORS,
  ...DOCTOR_ERRORS,
  ...DRIFT_ERRORS,
  ...SERVER_ERRORS,
  ...VM_ERRORS,
  ...CONFIG_ERRORS,
  ...PREFLIGHT_ERRORS,
  ...DELIVERY_ERRORS,
  ...POLICY_ERRORS,
  ...SANDBOX_ERRORS,
  ...CLI_ERRORS,
  ...BOOT_ERRORS,
} as const satisfies { [code: string]: ErrorEntry };

/** Code of an error that a user can see. */
export type ErrorCode = keyof typeof ERROR_TABLE;

/** Codes whose errors no longer exist. Their numbers are not used again. */
export const RETIRED_CODES: readonly string[] = [];
