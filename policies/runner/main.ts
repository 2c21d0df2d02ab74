// The policy pack for commands of the Pulumi CLI. It first builds the pack, and gets a Pulumi CLI if there is none.
//
//   node policies/runner/main.ts                             prints the value of --policy-pack
//   node policies/runner/main.ts policies.json               also checks a file for --policy-pack-config
//   node policies/runner/main.ts --stack dev                 also prints, on a second line, the value of --policy-pack-config for the stack
//   node policies/runner/main.ts --stack dev -- pulumi up    runs a command with both, on that stack
//   node policies/runner/main.ts --rules                     prints the facts of the rules, as JSON
import { parseArgs } from "node:util";
import { UserError } from "entra-postgres/errors";
import { runCommand } from "../../tools/childProcess.ts";
import { rules } from "../rules.ts";
import { packArguments } from "./pack.ts";

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  console.error((error as Error).message);
  process.exitCode = 1;
}

async function main(args: string[]): Promise<number> {
  const end = args.includes("--") ? args.indexOf("--") : args.length;
  const [program, ...command] = args.slice(end + 1);
  const { values, positionals } = parseArgs({
    args: args.slice(0, end),
    options: { stack: { type: "string" }, rules: { type: "boolean" } },
    allowPositionals: true,
  });
  if (values.rules) {
    console.log(JSON.stringify(rules.map((rule) => [rule.name, { ...rule, validateStack: "validateStack" in rule }])));
    return 0;
  }
  const { stack } = values;
  const [configFile] = positionals;
  if (positionals.length > (stack === undefined ? 1 : 0) || (program !== undefined && !stack)) {
    throw new UserError({
      code: "EP-POLICY-05",
      step: "reading the arguments",
      expected: "--stack <stack> before a command; otherwise --stack <stack> or one configuration file",
      found: args.join(" "),
    });
  }
  const found = await packArguments({ stack, configFile });
  if (program !== undefined) return runCommand([program, ...command, "--stack", stack ?? "", ...found]);
  console.log(found.filter((_, at) => at % 2 === 1 && (at < 2 || stack !== undefined)).join("\n"));
  return 0;
}
