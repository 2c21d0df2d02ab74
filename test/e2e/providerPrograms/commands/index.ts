import { readFileSync } from "node:fs";
import { local, remote } from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";

// Step 1 makes everything, step 2 changes what is run in place, step 3 a trigger.
const config = new pulumi.Config();
const step = config.requireNumber("step");
const connection = {
  host: config.require("host"),
  port: config.requireNumber("port"),
  user: config.require("user"),
  privateKey: pulumi.secret(readFileSync(config.require("keyFile"), "utf8")),
  ...(config.get("hostKey") ? { hostKey: config.require("hostKey") } : {}),
  dialErrorLimit: 2,
};

const hello = new remote.Command("hello", {
  connection,
  create: "printf 'out\\n\\n'; printf 'err\\n' >&2",
  ...(step > 1 && { update: 'echo "$PULUMI_COMMAND_STDOUT+$LC_STEP"', environment: { LC_STEP: String(step) } }),
  delete: "rm -f made",
  triggers: [step === 3 ? "three" : "one", { nested: [1, null] }],
  logging: remote.Logging.Stderr,
});
const input = new remote.Command("input", { connection, create: "cat; touch made", stdin: hello.stdout });
new remote.Command("secret", {
  connection,
  create: pulumi.interpolate`echo ${pulumi.secret("word")} | wc -c; echo ${input.stdout} | wc -c`,
});
const nothing = new remote.Command("nothing", { connection, delete: "true" });
const here = new local.Command("here", {
  create: "echo $WORD; pwd; cat",
  update: 'echo "before: $PULUMI_COMMAND_STDOUT"',
  dir: "/",
  environment: { WORD: step === 1 ? "one" : "more" },
  stdin: "typed",
  interpreter: ["/bin/bash", "-c"],
  addPreviousOutputInEnv: true,
  triggers: [input.stdout],
});
if (config.getBoolean("fails")) {
  new remote.Command("fails", { connection, create: "echo some; echo more >&2; exit 3" });
}

export const outputs = [hello.stdout, hello.stderr, input.stdout, nothing.stdout, here.stdout, here.stderr];
