import { isDeepStrictEqual } from "node:util";
import * as grpc from "@grpc/grpc-js";
import plugin from "@pulumi/pulumi/proto/plugin_pb.js";
import services from "@pulumi/pulumi/proto/provider_grpc_pb.js";
import proto from "@pulumi/pulumi/proto/provider_pb.js";
import type jspb from "google-protobuf";
import empty from "google-protobuf/google/protobuf/empty_pb.js";
import { diffResponse } from "./diffResponse.ts";
import { fromStruct, type PropertyPath, type Props, secretPaths, toStruct } from "./propertyValues.ts";

export { type Props, UNKNOWN } from "./propertyValues.ts";

/** A resource as the engine names it; `type` is its token, such as `azure-native:compute:VirtualMachine`. */
export interface EmulatedResource {
  urn: string;
  type: string;
  name: string;
}

/** How the engine would like a resource without a physical name to be named. */
export interface Autonaming {
  proposedName: string;
  mode: "propose" | "enforce" | "disable";
}

export interface CheckRequest extends EmulatedResource {
  olds: Props;
  news: Props;
  /** Chosen by the engine for this resource, so that a preview and its update make the same name. */
  randomSeed: Uint8Array;
  autonaming?: Autonaming;
}

/**
 * An emulated provider. Values are plain JSON; `UNKNOWN` marks a value that a preview cannot know.
 * Secrets arrive unwrapped, and outputs of the same path leave as secrets.
 */
export interface Emulator {
  readonly name: string;
  readonly version: string;
  /** Takes the configuration of one provider instance; `peer` names its connection in every later call. */
  configure?(peer: string, config: Record<string, string>): Promise<void> | void;
  check(r: CheckRequest): Promise<{ inputs: Props; failures: { property: string; reason: string }[] }>;
  diff(
    r: EmulatedResource & { id: string; oldInputs: Props; oldOutputs: Props; news: Props },
  ): Promise<{ changes: boolean; replaces: string[]; diffs: string[]; deleteBeforeReplace?: boolean }>;
  create(
    r: EmulatedResource & {
      inputs: Props;
      preview: boolean;
      timeoutSeconds: number;
      peer: string;
      signal: AbortSignal;
    },
  ): Promise<{ id: string; outputs: Props }>;
  /** Undefined when there is no such thing any more. */
  read(
    r: EmulatedResource & { id: string; inputs: Props; outputs: Props; peer: string },
  ): Promise<{ id: string; inputs: Props; outputs: Props } | undefined>;
  update(
    r: EmulatedResource & { id: string; oldOutputs: Props; inputs: Props; preview: boolean; peer: string },
  ): Promise<{ outputs: Props }>;
  delete(r: EmulatedResource & { id: string; outputs: Props; peer: string }): Promise<void>;
  invoke?(token: string, args: Props, peer: string): Promise<Props>;
  /** Paths of inputs and outputs, such as `connection.privateKey`, that are secret whether the program says so or not. */
  secretOutputs?(type: string): string[];
}

/** A served provider: `PULUMI_DEBUG_PROVIDERS="<name>:<port>"` attaches an engine to it. */
export interface ProviderHost {
  port: number;
  close(): Promise<void>;
}

/** The engine's own limit for a message, in bytes. */
const MAX_MESSAGE = 400 * 1024 * 1024;

type Message = jspb.Message;
type Call = grpc.ServerUnaryCall<Message, Message>;

/** Serves the provider's protocol (pulumirpc.ResourceProvider) on loopback. */
export async function serveProvider(emulator: Emulator): Promise<ProviderHost> {
  const server = new grpc.Server({
    "grpc.max_receive_message_length": MAX_MESSAGE,
    "grpc.max_send_message_length": MAX_MESSAGE,
  });
  server.addService(services.ResourceProviderService as unknown as grpc.ServiceDefinition, handlers(emulator));
  const port = await new Promise<number>((resolve, reject) =>
    server.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (error, bound) =>
      error ? reject(error) : resolve(bound),
    ),
  );
  return {
    port,
    close: async () => server.forceShutdown(),
  };
}

/** Methods that are not here answer UNIMPLEMENTED, which the engine takes as the default. */
function handlers(emulator: Emulator): grpc.UntypedServiceImplementation {
  const running = new Set<AbortController>();
  return {
    attach: answer(async () => new empty.Empty()),
    getPluginInfo: answer(async () => {
      const info = new plugin.PluginInfo();
      info.setVersion(emulator.version);
      return info;
    }),
    cancel: answer(async () => {
      for (const controller of running) {
        controller.abort();
      }
      return new empty.Empty();
    }),
    checkConfig: answer(async (request) => {
      const response = new proto.CheckResponse();
      response.setInputs(request.getNews());
      return response;
    }),
    diffConfig: answer(async (request) => {
      const olds = fromStruct(request.getOldInputs() ?? request.getOlds());
      const news = fromStruct(request.getNews());
      const diff = { changes: !isDeepStrictEqual(olds, news), replaces: [], diffs: [] };
      return diffResponse(diff, { oldInputs: olds, oldOutputs: olds, news });
    }),
    configure: answer(async (request, call) => {
      const config = Object.entries(fromStruct(request.getArgs())).map(([key, value]) => [
        key,
        typeof value === "string" ? value : JSON.stringify(value),
      ]);
      await emulator.configure?.(call.getPeer(), Object.fromEntries(config));
      const response = new proto.ConfigureResponse();
      response.setAcceptsecrets(true);
      response.setSupportspreview(true);
      // Without this the engine keeps the stack's `pulumi:autonaming` to itself.
      response.setSupportsAutonamingConfiguration(true);
      return response;
    }),
    check: answer(async (request) => {
      const autonaming = autonamingOf(request.getAutonaming());
      const result = await emulator.check({
        ...resource(request),
        olds: fromStruct(request.getOlds()),
        news: fromStruct(request.getNews()),
        randomSeed: request.getRandomseed_asU8(),
        ...(autonaming ? { autonaming } : {}),
      });
      const response = new proto.CheckResponse();
      response.setInputs(toStruct(result.inputs, secretsOf(emulator, request, request.getNews())));
      response.setFailuresList(
        result.failures.map(({ property, reason }) => {
          const failure = new proto.CheckFailure();
          failure.setProperty(property);
          failure.setReason(reason);
          return failure;
        }),
      );
      return response;
    }),
    diff: answer(async (request) => {
      const oldInputs = fromStruct(request.getOldInputs());
      const oldOutputs = fromStruct(request.getOlds());
      const news = fromStruct(request.getNews());
      const diff = await emulator.diff({ ...resource(request), id: request.getId(), oldInputs, oldOutputs, news });
      return diffResponse(diff, { oldInputs, oldOutputs, news });
    }),
    create: answer(async (request, call) => {
      const controller = new AbortController();
      running.add(controller);
      try {
        const { id, outputs } = await emulator.create({
          ...resource(request),
          inputs: fromStruct(request.getProperties()),
          preview: request.getPreview(),
          timeoutSeconds: request.getTimeout(),
          peer: call.getPeer(),
          signal: controller.signal,
        });
        const response = new proto.CreateResponse();
        response.setId(id);
        response.setProperties(toStruct(outputs, secretsOf(emulator, request, request.getProperties())));
        return response;
      } finally {
        running.delete(controller);
      }
    }),
    read: answer(async (request, call) => {
      const found = await emulator.read({
        ...resource(request),
        id: request.getId(),
        inputs: fromStruct(request.getInputs()),
        outputs: fromStruct(request.getProperties()),
        peer: call.getPeer(),
      });
      const response = new proto.ReadResponse();
      if (found) {
        response.setId(found.id);
        response.setInputs(toStruct(found.inputs, secretsOf(emulator, request, request.getInputs())));
        response.setProperties(toStruct(found.outputs, secretsOf(emulator, request, request.getProperties())));
      }
      return response;
    }),
    update: answer(async (request, call) => {
      const { outputs } = await emulator.update({
        ...resource(request),
        id: request.getId(),
        oldOutputs: fromStruct(request.getOlds()),
        inputs: fromStruct(request.getNews()),
        preview: request.getPreview(),
        peer: call.getPeer(),
      });
      const response = new proto.UpdateResponse();
      response.setProperties(toStruct(outputs, secretsOf(emulator, request, request.getNews())));
      return response;
    }),
    delete: answer(async (request, call) => {
      await emulator.delete({
        ...resource(request),
        id: request.getId(),
        outputs: fromStruct(request.getProperties()),
        peer: call.getPeer(),
      });
      return new empty.Empty();
    }),
    invoke: answer(async (request, call) => {
      if (!emulator.invoke) {
        throw new Error(`The sandbox's ${emulator.name} provider has no functions; ${request.getTok()} was called.`);
      }
      const result = await emulator.invoke(request.getTok(), fromStruct(request.getArgs()), call.getPeer());
      const response = new proto.InvokeResponse();
      response.setReturn(toStruct(result, []));
      return response;
    }),
  };
}

/** Wraps a method: what it throws reaches the person as its message, without a stack. */
function answer(
  // biome-ignore lint/suspicious/noExplicitAny: the generated messages differ by method and have no common type.
  method: (request: any, call: Call) => Promise<Message>,
): grpc.handleUnaryCall<Message, Message> {
  return (call, callback) => {
    method(call.request, call).then(
      (response) => callback(null, response),
      (error: unknown) =>
        callback({ code: grpc.status.UNKNOWN, message: error instanceof Error ? error.message : String(error) }),
    );
  };
}

/** Type and name are read from the URN, which every request carries: `urn:pulumi:<stack>::<project>::<types>::<name>`. */
function resource(request: { getUrn(): string }): EmulatedResource {
  const urn = request.getUrn();
  const [, , types = "", ...name] = urn.split("::");
  return { urn, type: types.split("$").at(-1) ?? "", name: name.join("::") };
}

function secretsOf(
  emulator: Emulator,
  request: { getUrn(): string },
  properties: Parameters<typeof secretPaths>[0],
): PropertyPath[] {
  const own = emulator.secretOutputs?.(resource(request).type) ?? [];
  return [...secretPaths(properties), ...own.map((path) => path.split("."))];
}

function autonamingOf(
  options: proto.CheckRequest.AutonamingOptions | undefined,
): { proposedName: string; mode: Autonaming["mode"] } | undefined {
  const modes: Autonaming["mode"][] = ["propose", "enforce", "disable"];
  const mode = options && modes[options.getMode()];
  return options && mode ? { proposedName: options.getProposedName(), mode } : undefined;
}
