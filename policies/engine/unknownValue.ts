import * as sdk from "@pulumi/policy";

/** What the SDK throws when a policy reads a value that a preview does not know. The SDK exports it without its declaration. */
export interface UnknownValueError extends Error {
  /** What stands for the value, by its type. */
  readonly unknownTypeSentinel: string;
  /** Path of the property. */
  readonly props: readonly PropertyKey[];
}

export const UnknownValueError: new (unknownTypeSentinel: string, props: readonly PropertyKey[]) => UnknownValueError =
  sdk.UnknownValueError;
