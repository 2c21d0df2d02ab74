/**
 * An error of Azure Resource Manager as azure-native prints it: `Status=404 Code="…" Message="…"`, then what to do next.
 * Source of the form: pulumi/pulumi-azure-native, provider/pkg/azure.
 */
export class ArmError extends Error {
  override readonly name = "ArmError";
  /** The HTTP status. */
  readonly status: number;
  /** Azure's error code, such as `ParentResourceNotFound`. */
  readonly code: string;

  constructor(status: number, code: string, message: string, next: string) {
    super(`Status=${status} Code="${code}" Message="${message}" ${next}`);
    this.status = status;
    this.code = code;
  }
}

/** Azure's refusal of a parameter's value. */
export function invalidParameter(message: string, next: string): ArmError {
  return new ArmError(400, "InvalidParameterValue", message, next);
}

/**
 * A feature of Azure that the sandbox lacks. The emulator never ignores it in silence.
 */
export class NotEmulatedError extends Error {
  override readonly name = "NotEmulatedError";

  constructor(what: string, next: string) {
    super(`The sandbox does not emulate ${what}. ${next}`);
  }
}
