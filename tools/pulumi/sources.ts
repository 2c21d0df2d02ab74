import { cpSync, mkdirSync, renameSync } from "node:fs";
import { join } from "node:path";
import { PINNED_VERSION } from "./choose.ts";
import { runStep } from "./step.ts";

const HERE = new URL(".", import.meta.url).pathname;
const CLI_PACKAGE = "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi";
const HOST_PACKAGE = "github.com/pulumi/pulumi/sdk/v3/nodejs/cmd/pulumi-language-nodejs";
const SDK_MODULE = "github.com/pulumi/pulumi/sdk/v3";

/**
 * Gets the official CLI by the npm package `pulumi`, a small downloader that fetches the release on its first run. Everything it
 * writes stays in `temporary`.
 * @returns the folder with the CLI's files
 * @throws Error when the package or the release cannot be had within 5 minutes
 */
export async function download(temporary: string): Promise<string> {
  const label = `Downloading the Pulumi CLI ${PINNED_VERSION}`;
  const home = join(temporary, "home");
  const quiet = ["--ignore-scripts", "--no-audit", "--no-fund", "--fetch-retries=1", "--fetch-timeout=20000"];
  const install = ["npm", "install", "--prefix", temporary, ...quiet, `pulumi@${PINNED_VERSION}`];
  await runStep({ label, command: install, cwd: temporary, limitSeconds: 60 }, temporary);
  const fetch = [process.execPath, join(temporary, "node_modules/pulumi/run.js"), "version"];
  const env = { ...process.env, PULUMI_HOME: home, PULUMI_VERSION: PINNED_VERSION, PULUMI_SKIP_UPDATE_CHECK: "true" };
  await runStep({ label, command: fetch, cwd: temporary, env, limitSeconds: 240 }, temporary);
  const files = join(temporary, "files");
  renameSync(join(home, "versions", PINNED_VERSION, "bin"), files);
  return files;
}

/**
 * Builds the CLI and its Node language host from their Go modules. The host of the pinned version is not published as a module;
 * the older one in `language-host` is, and serves the same programs under the newer CLI.
 * @returns the folder with the three files
 * @throws Error when a build fails
 */
export async function build(temporary: string): Promise<string> {
  const files = join(temporary, "files");
  const minutes = 60;
  mkdirSync(files);
  for (const { label, module, goPackage, output } of [
    {
      label: "Building the Pulumi CLI's Node language host",
      module: "language-host",
      goPackage: HOST_PACKAGE,
      output: "pulumi-language-nodejs",
    },
    {
      label: `Building the Pulumi CLI ${PINNED_VERSION} from its Go modules, once (about 5 minutes)`,
      module: "cli",
      goPackage: CLI_PACKAGE,
      output: "pulumi",
    },
  ]) {
    const cwd = join(HERE, module);
    const version = await moduleFact(cwd, "{{.Version}}", temporary);
    const flags = `-s -w -X ${SDK_MODULE}/go/common/version.Version=${version}`;
    const command = ["go", "build", "-ldflags", flags, "-o", join(files, output), goPackage];
    await runStep({ label, command, cwd, env: goEnvironment(), limitSeconds: 30 * minutes }, temporary);
  }
  const sdk = await moduleFact(join(HERE, "cli"), "{{.Dir}}", temporary);
  cpSync(join(sdk, "nodejs/dist/pulumi-resource-pulumi-nodejs"), join(files, "pulumi-resource-pulumi-nodejs"));
  return files;
}

/** What Go knows of the Pulumi SDK's module in one of the two modules here. */
async function moduleFact(cwd: string, template: string, temporary: string): Promise<string> {
  const command = ["go", "list", "-m", "-f", template, SDK_MODULE];
  const step = { label: "Reading the Go modules", command, cwd, env: goEnvironment(), limitSeconds: 300 };
  const output = await runStep(step, temporary);
  return output.trim().split("\n").at(-1) ?? "";
}

/** The user's own Go settings must not reach these builds: no workspace, the committed go.sum as it is. */
export function goEnvironment(): Record<string, string | undefined> {
  return { ...process.env, GOWORK: "off", GOFLAGS: `${process.env.GOFLAGS ?? ""} -mod=readonly`.trim() };
}
