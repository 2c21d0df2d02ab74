import * as pulumi from "@pulumi/pulumi";

/**
 * Arguments of a component that cannot work, all of them at once. The engine shows it without a stack trace, at the component. It is no
 * `InputPropertiesError`, which is shown like that only of a component in a plugin, and in a program with a stack trace and as an object.
 */
export class InvalidArguments extends pulumi.ResourceError {
  /** What is wrong, by argument. */
  readonly errors: readonly pulumi.InputPropertyErrorDetails[];

  constructor(component: pulumi.Resource, name: string, errors: readonly pulumi.InputPropertyErrorDetails[]) {
    const lines = errors.map(({ propertyPath, reason }) => `\n  ${propertyPath}: ${reason}`);
    super(`${component.constructor.name} "${name}" has arguments that cannot work:${lines.join("")}`, component, true);
    this.errors = errors;
  }
}

/** @throws {InvalidArguments} where there are errors. */
export function refuseInvalid(
  component: pulumi.Resource,
  name: string,
  errors: readonly pulumi.InputPropertyErrorDetails[],
): void {
  if (errors.length > 0) throw new InvalidArguments(component, name, errors);
}
