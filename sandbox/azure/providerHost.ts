import { isDeepStrictEqual } from "node:util";
import * as grpc from "@grpc/grpc-js";
import plugin from "@pulumi/pulumi/proto/plugin_pb.js";
import services from "@pulumi/pulumi/proto/provider_grpc_pb.js";
import proto from "@pulumi/pulumi/proto/provider_pb.js";
import type jspb from "google-protobuf";
import empty from "google-protobuf/google/protobuf/empty_pb.js";
import { type Difference, diffResponse } from "./diffResponse.ts";
import { fromStruct, type Props, secretPaths, toStruct } from "./propertyValues.ts";

export type { Difference } from "./diffResponse.ts";
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
  diff(r: EmulatedResource & { id: string; oldInputs: Props; oldOutputs: Props; news: Props }): Promise<Difference>;
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
  /** Paths of inputs and outputs, such as `connection.privateKey`, that are always secret. */
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
  /** The message for an answer's properties: those that the request has as secrets, and the emulator's own, are secret. */
  const struct = (props: Props, { type }: EmulatedResource, asked: Parameters<typeof secretPaths>[0]) => {
    const own = emulator.secretOutputs?.(type) ?? [];
    return toStruct(props, [...secretPaths(asked), ...own.map((path) => path.split("."))]);
  };
  return {
    attach: answer(async () => new empty.Empty()),
    getPluginInfo: answer(async () => filled(new plugin.PluginInfo(), { Version: emulator.version })),
    cancel: answer(async () => {
      for (const controller of running) controller.abort();
      return new empty.Empty();
    }),
    checkConfig: answer(async (request) => filled(new proto.CheckResponse(), { Inputs: request.getNews() })),
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
      // Without SupportsAutonamingConfiguration the engine does not send the stack's `pulumi:autonaming`.
      const supported = { Acceptsecrets: true, Supportspreview: true, SupportsAutonamingConfiguration: true };
      return filled(new proto.ConfigureResponse(), supported);
    }),
    check: answer(async (request) => {
      const asked = resource(request);
      const autonaming = autonamingOf(request.getAutonaming());
      const { inputs, failures } = await emulator.check({
        ...asked,
        olds: fromStruct(request.getOlds()),
        news: fromStruct(request.getNews()),
        randomSeed: request.getRandomseed_asU8(),
        ...(autonaming ? { autonaming } : {}),
      });
      return filled(new proto.CheckResponse(), {
        Inputs: struct(inputs, asked, request.getNews()),
        FailuresList: failures.map(({ property, reason }) =>
          filled(new proto.CheckFailure(), { Property: property, Reason: reason }),
        ),
      });
    }),
    diff: answer(async (request) => {
      const oldInputs = fromStruct(request.getOldInputs());
      const oldOutputs = fromStruct(request.getOlds());
      const news = fromStruct(request.getNews());
      const diff = await emulator.diff({ ...resource(request), id: request.getId(), oldInputs, oldOutputs, news });
      return diffResponse(diff, { oldInputs, oldOutputs, news });
    }),
    create: answer(async (request, call) => {
      const asked = resource(request);
      const controller = new AbortController();
      running.add(controller);
      try {
        const { id, outputs } = await emulator.create({
          ...asked,
          inputs: fromStruct(request.getProperties()),
          preview: request.getPreview(),
          timeoutSeconds: request.getTimeout(),
          peer: call.getPeer(),
          signal: controller.signal,
        });
        const Properties = struct(outputs, asked, request.getProperties());
        return filled(new proto.CreateResponse(), { Id: id, Properties });
      } finally {
        running.delete(controller);
      }
    }),
    read: answer(async (request, call) => {
      const asked = { ...resource(request), id: request.getId(), peer: call.getPeer() };
      const inputs = fromStruct(request.getInputs());
      const found = await emulator.read({ ...asked, inputs, outputs: fromStruct(request.getProperties()) });
      if (!found) return new proto.ReadResponse();
      return filled(new proto.ReadResponse(), {
        Id: found.id,
        Inputs: struct(found.inputs, asked, request.getInputs()),
        Properties: struct(found.outputs, asked, request.getProperties()),
      });
    }),
    update: answer(async (request, call) => {
      const asked = { ...resource(request), id: request.getId(), peer: call.getPeer(), preview: request.getPreview() };
      const oldOutputs = fromStruct(request.getOlds());
      const { outputs } = await emulator.update({ ...asked, oldOutputs, inputs: fromStruct(request.getNews()) });
      return filled(new proto.UpdateResponse(), { Properties: struct(outputs, asked, request.getNews()) });
    }),
    delete: answer(async (request, call) => {
      const asked = { ...resource(request), id: request.getId(), peer: call.getPeer() };
      await emulator.delete({ ...asked, outputs: fromStruct(request.getProperties()) });
      return new empty.Empty();
    }),
    invoke: answer(async (request, call) => {
      const token = request.getTok();
      if (!emulator.invoke) {
        throw new Error(`The sandbox's ${emulator.name} provider has no functions; ${token} was called.`);
      }
      const result = await emulator.invoke(token, fromStruct(request.getArgs()), call.getPeer());
      return filled(new proto.InvokeResponse(), { Return: toStruct(result, []) });
    }),
  };
}

/** Sets fields of a generated message, each by its setter. */
function filled<M extends Message>(message: M, fields: Record<string, unknown>): M {
  const setters = message as unknown as Record<string, (value: unknown) => void>;
  for (const [name, value] of Object.entries(fields)) setters[`set${name}`]?.call(message, value);
  return message;
}

/** Wraps a method: the user sees the message of an error, without its stack. */
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

function autonamingOf(options: proto.CheckRequest.AutonamingOptions | undefined): Autonaming | undefined {
  const modes: Autonaming["mode"][] = ["propose", "enforce", "disable"];
  const mode = options && modes[options.getMode()];
  return options && mode ? { proposedName: options.getProposedName(), mode } : undefined;
}
