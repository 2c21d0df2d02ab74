import type { Kind } from "./summary/summary.ts";

/** The jobs of delivery that run Pulumi. */
export const DELIVERY_JOBS = ["preview", "up", "repair", "drift", "destroy-preview", "destroy"] as const;
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
const QUIET = ["--non-interactive", "--suppress-outputs"];
const PREVIEW = ["preview", ...QUIET];
const UP = ["up", "--yes", ...QUIET];
const UNCHANGED: JobStep = { kind: "unchanged", args: [...PREVIEW, "--expect-no-changes"], policies: true };

/**
 * What each job runs, in order; a step is left out when the one before failed. Workflows, `make preview` and `make ci` all take it from here.
 *
 * `up` and `destroy` look before they act: what a mandatory rule or a protection refuses is refused before anything is changed. `repair` and
 * `drift` run the program as they look at reality, so that providers log in anew instead of with what the state remembers. `drift` only previews:
 * otherwise the engine would take over what somebody did by hand, and fail after that. `destroy` runs no program: it goes by
 * the state alone, so that a configuration that has become wrong stands in no one's way.
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

/** Exit code of the CLI where `--expect-no-changes` met changes. Source: pulumi/pulumi, sdk/go/common/util/cmdutil/exit.go, ExitNoChanges. */
export const CHANGES_FOUND = 7;
