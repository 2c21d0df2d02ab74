// Prints what to give as --policy-pack; builds the policy pack, and gets a Pulumi CLI, first where there is none. An argument is a
// configuration for --policy-pack-config, which is looked through before the engine takes it.
import { packArguments } from "./pack.ts";

try {
  const [configFile] = process.argv.slice(2);
  const [, path] = await packArguments(configFile === undefined ? {} : { configFile });
  console.log(path);
} catch (error) {
  console.error((error as Error).message);
  process.exitCode = 1;
}
