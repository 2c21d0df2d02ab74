import type { Kind } from "./summary/summary.ts";

/** The jobs of delivery that run Pulumi. */
export const DELIVERY_JOBS = ["preview", "up", "repair", "drift", "destroy-preview", "destroy"] as const;
export type DeliveryJob = (typeof DELIVERY_JOBS)[number];

/** One command of the Pulumi CLI. */
export interface JobStep {
  kind: Kind;
  /** The command and its options, without the stack's. */
  args: readonly string[];
  /** Whether the policy pack runs. */
  policies: boolean;
}

/** The stack's outputs do not belong in a log. */
const QUIET = ["--non-interactive", "--suppress-outputs"];
const PREVIEW = ["preview", ...QUIET];
const UP = ["up", "--yes", ...QUIET];
const UNCHANGED: JobStep = { kind: "unchanged", args: [...PREVIEW, "--expect-no-changes"], policies: true };

/**
 * The steps of each job, in order; a failed step ends the job. Workflows, `make preview` and `make ci` use this table.
 *
 * `up` and `destroy` preview first: a mandatory rule or a protection refuses before anything changes. `repair` and `drift` run the program
 * during the refresh, so that providers log in again instead of with credentials from the state. `drift` only previews: a real refresh would
 * write the drift into the state. `destroy` uses the state alone and runs no program, so it also works with an invalid configuration.
 */
export const JOBS: Readonly<Record<DeliveryJob, readonly JobStep[]>> = {
  preview: [{ kind: "preview", args: PREVIEW, policies: true }],
  up: [{ kind: "up", args: UP, policies: true }, UNCHANGED],
  repair: [{ kind: "up", args: [...UP, "--refresh", "--run-program"], policies: true }, UNCHANGED],
  drift: [
    {
      kind: "drift",
      args: ["refresh", "--preview-only", "--expect-no-changes", "--run-program", "--non-interactive"],
      policies: false,
    },
  ],
  "destroy-preview": [{ kind: "destroy", args: ["destroy", "--preview-only", ...QUIET], policies: false }],
  destroy: [{ kind: "destroy", args: ["destroy", "--yes", ...QUIET], policies: false }],
};

/** The CLI's exit code when `--expect-no-changes` finds changes. Source: pulumi/pulumi, sdk/go/common/util/cmdutil/exit.go, ExitNoChanges. */
export const CHANGES_FOUND = 7;
