/** An operation that is about to be run, and what must be true after the run that follows it. */
export interface Prepared {
  /** The function of the lifecycle and its arguments, as the engine would pass them. */
  job: Job;
  /** Runs the operation through the stack. */
  run(): Promise<unknown>;
  /** One more run, without a fault, and then the catalogs. @throws when it is not as it should be */
  verify(): Promise<void>;
}

/** A call of one of the lifecycle's functions, in plain values. */
export interface Job {
  of: "principal" | "schema";
  operation: "create" | "update" | "remove";
  args: unknown[];
}
