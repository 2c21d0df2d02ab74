import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { delimiter, dirname, join } from "node:path";
import { createInterface } from "node:readline";
import * as grpc from "@grpc/grpc-js";
import services from "@pulumi/pulumi/proto/language_grpc_pb.js";
import proto from "@pulumi/pulumi/proto/language_pb.js";
import { UserError } from "entra-postgres/errors";

const LIMIT_MILLISECONDS = 20_000;

/**
 * Whether the CLI's Node language host runs policy packs from their folder. It is asked to run a pack that does not exist: an older host
 * answers that it does not support packs, a newer one that it cannot find this one.
 * @param pulumiFolder folder of the CLI and its language host
 * @throws {UserError} EP-POLICY-06 when the host does not start
 */
export async function runsPolicyPacks(pulumiFolder: string): Promise<boolean> {
  const file = join(pulumiFolder, "pulumi-language-nodejs");
  const child = spawn(file, ["127.0.0.1:1"], {
    stdio: ["ignore", "pipe", "ignore"],
    detached: true,
    env: { ...process.env, PATH: [dirname(process.execPath), pulumiFolder, process.env.PATH].join(delimiter) },
  });
  const timer = setTimeout(() => endGroup(child), LIMIT_MILLISECONDS);
  try {
    const port = await firstLine(child);
    if (!/^\d+$/.test(port)) {
      throw new UserError({
        code: "EP-POLICY-06",
        step: "starting Pulumi's Node language host",
        at: file,
        expected: "the port that it listens on",
        found: port || "no output",
      });
    }
    return await asksForPack(`127.0.0.1:${port}`);
  } finally {
    clearTimeout(timer);
    endGroup(child);
  }
}

async function asksForPack(address: string): Promise<boolean> {
  const client = new services.LanguageRuntimeClient(address, grpc.credentials.createInsecure());
  const nowhere = join(import.meta.dirname, "no-such-pack");
  const request = new proto.RunPluginRequest();
  const info = new proto.ProgramInfo();
  info.setRootDirectory(nowhere);
  info.setProgramDirectory(nowhere);
  info.setEntryPoint(".");
  request.setPwd(import.meta.dirname);
  request.setProgram(nowhere);
  request.setInfo(info);
  request.setKind("analyzer");
  const call = client.runPlugin(request, new grpc.Metadata(), { deadline: Date.now() + LIMIT_MILLISECONDS });
  try {
    call.resume();
    const [error] = await Promise.race([once(call, "error"), once(call, "end").then(() => [undefined])]);
    return !meansUnsupported(error as grpc.ServiceError | undefined);
  } finally {
    call.on("error", () => undefined);
    call.cancel();
    client.close();
  }
}

/** Source: pulumi/pulumi, sdk/nodejs/cmd/pulumi-language-nodejs/main.go at sdk/v3.68.0: `errors.New("not supported")`. */
function meansUnsupported(error: grpc.ServiceError | undefined): boolean {
  return error?.code === grpc.status.UNIMPLEMENTED || error?.details === "not supported";
}

async function firstLine(child: ChildProcess): Promise<string> {
  if (!child.stdout) return "";
  const lines = createInterface({ input: child.stdout });
  return await new Promise((resolve) => {
    child.once("error", () => resolve(""));
    lines.once("line", resolve);
    lines.once("close", () => resolve(""));
  });
}

function endGroup(child: ChildProcess): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, "SIGKILL");
  } catch {
    // It ended by itself.
  }
}
