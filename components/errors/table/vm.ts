import type { ErrorTable } from "./entry.ts";

/** The virtual machine and its identity. */
export const VM_ERRORS = {
  "EP-VM-01": {
    title: "An argument of IdentityVm is invalid",
    meaning: "The value was refused before any resource was created.",
    next: "correct the arguments that the error names",
  },
} as const satisfies ErrorTable;
