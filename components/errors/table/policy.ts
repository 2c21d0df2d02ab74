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
    meaning: "The deployment stops, because no rule was checked.",
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
  "EP-POLICY-05": {
    title: "The policy runner was called with wrong arguments",
    meaning: "It judges one stack, by the stack's file or by a configuration file.",
    next: "node policies/runner/main.ts --stack dev -- pulumi preview",
  },
  "EP-POLICY-06": {
    title: "Pulumi's Node language host does not start",
    meaning: "The runner asks the host how it takes a policy pack; without an answer no rule can be checked.",
    next: "remove the host's folder and run the command again, which installs the CLI again",
  },
} as const satisfies ErrorTable;
