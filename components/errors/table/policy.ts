import type { ErrorTable } from "./entry.ts";

/** Errors of the policy pack and of its configuration. */
export const POLICY_ERRORS = {
  "EP-POLICY-01": {
    title: "A mandatory policy is violated",
    meaning: "The program or the stack's configuration breaks a rule of the policy pack.",
    next: "Follow the lines under `Policies:`; docs/policies.md explains each rule.",
    outside: [{ text: /^\s*- \[mandatory\]\s+[\w.-]+/m }],
  },
  "EP-POLICY-02": {
    title: "The policy pack itself failed",
    meaning: "Nothing passes without the pack's verdict.",
    next: "`make setup`, then `make test`, whose tests of the pack show the error. Do not leave the pack out.",
    outside: [
      {
        text: /policy pack "[^"]*" failed to start|failed to run policy: |failed to load Pulumi policy project|policy pack not found at|policy pack's dependencies are not installed/,
      },
    ],
  },
  "EP-POLICY-03": {
    title: "The policy pack does not compile",
    meaning: "The engine runs the pack as JavaScript, so TypeScript compiles it first.",
    next: "Correct the errors that the message lists.",
  },
  "EP-POLICY-04": {
    title: "The policy pack's configuration is invalid",
    meaning: "The engine ignores unknown rules and settings without a word, so they are refused before it starts.",
    next: "docs/policies.md lists the rules and their settings.",
  },
} as const satisfies ErrorTable;
