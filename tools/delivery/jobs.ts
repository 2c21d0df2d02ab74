import type { Kind } from "./summary.ts";

/** The jobs of delivery that run Pulumi. */
export const DELIVERY_JOBS = ["preview", "up", "drift", "destroy"] as const;
export type DeliveryJob = (typeof DELIVERY_JOBS)[number];

/** One command of the Pulumi CLI. */
export interface JobStep {
  kind: Kind;
  /** The command and its options, without the stack's. */
  args: readonly string[];
  /** It runs the policy pack. */
  policies: boolean;
}

/** Outputs are for who asks for them, not for a log. */
const PREVIEW = ["preview", "--non-interactive", "--suppress-outputs"];

/**
 * What each job runs, in order; a step is left out when the one before failed. Workflows, `make preview` and `make ci` all take it from here.
 *
 * `up` and `destroy` look before they act: what a mandatory rule or a protection refuses is refused before anything is changed. `drift` runs the
 * program, so that providers log in anew instead of with what the state remembers, and only previews: without it the engine would take over what
 * somebody did by hand, and fail after that.
 */
export const JOBS: Readonly<Record<DeliveryJob, readonly JobStep[]>> = {
  preview: [{ kind: "preview", args: PREVIEW, policies: true }],
  up: [
    { kind: "up", args: ["up", "--yes", "--non-interactive", "--suppress-outputs"], policies: true },
    { kind: "unchanged", args: [...PREVIEW, "--expect-no-changes"], policies: true },
  ],
  drift: [
    {
      kind: "drift",
      args: ["refresh", "--preview-only", "--expect-no-changes", "--run-program", "--non-interactive"],
      policies: false,
    },
  ],
  destroy: [
    { kind: "destroy", args: ["destroy", "--yes", "--non-interactive", "--suppress-outputs"], policies: false },
  ],
};

/** Exit code of the CLI where `--expect-no-changes` met changes. Source: pulumi/pulumi, sdk/go/common/util/cmdutil/exit.go, ExitNoChanges. */
export const CHANGES_FOUND = 7;
