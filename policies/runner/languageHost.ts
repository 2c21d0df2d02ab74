import { once } from "node:events";
import { join } from "node:path";
import * as grpc from "@grpc/grpc-js";
import services from "@pulumi/pulumi/proto/language_grpc_pb.js";
import proto from "@pulumi/pulumi/proto/language_pb.js";
import { UserError } from "entra-postgres/errors";
import { isPort, withPart } from "../../tools/pulumi/probe.ts";

const HOST = "pulumi-language-nodejs";

/**
 * Whether the CLI's Node language host runs policy packs from their folder. It is asked to run a pack that does not exist: an older host
 * answers that it does not support packs, a newer one that it cannot find this one.
 * @param pulumiFolder folder of the CLI and its language host
 * @throws {UserError} EP-POLICY-06 when the host does not start
 */
export async function runsPolicyPacks(pulumiFolder: string): Promise<boolean> {
  return await withPart(pulumiFolder, HOST, (port) => {
    if (isPort(port)) return asksForPack(`127.0.0.1:${port}`);
    throw new UserError({
      code: "EP-POLICY-06",
      step: "starting Pulumi's Node language host",
      at: join(pulumiFolder, HOST),
      expected: "the port that it listens on",
      found: port || "no output",
    });
  });
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
  const call = client.runPlugin(request, new grpc.Metadata(), { deadline: Date.now() + 20_000 });
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
