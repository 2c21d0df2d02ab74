import * as pulumi from "@pulumi/pulumi";
import { ERROR_TABLE, type ErrorCode } from "./errorTable.ts";

/**
 * All invalid arguments of a component at once. The engine shows this error at the component and without a stack trace. It shows an
 * `InputPropertiesError` like that only for a component in a plugin; in a program it prints a stack trace and an object.
 */
export class InvalidArguments extends pulumi.ResourceError {
  /** What is wrong, by argument. */
  readonly errors: readonly pulumi.InputPropertyErrorDetails[];

  readonly code: ErrorCode;

  constructor(
    code: ErrorCode,
    component: pulumi.Resource,
    name: string,
    errors: readonly pulumi.InputPropertyErrorDetails[],
  ) {
    const lines = errors.map(({ propertyPath, reason }) => `\n  ${propertyPath}: ${reason}`);
    super(
      `${component.constructor.name} "${name}" has invalid arguments:${lines.join("")}` +
        `\n  next: ${ERROR_TABLE[code].next}\n  code: ${code}`,
      component,
      true,
    );
    this.code = code;
    this.errors = errors;
  }
}

/** @throws {InvalidArguments} where there are errors. */
export function refuseInvalid(
  code: ErrorCode,
  component: pulumi.Resource,
  name: string,
  errors: readonly pulumi.InputPropertyErrorDetails[],
): void {
  if (errors.length > 0) throw new InvalidArguments(code, component, name, errors);
}
