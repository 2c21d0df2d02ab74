import assert from "node:assert/strict";
import { once } from "node:events";
import { after, before, beforeEach, describe, test } from "node:test";
import * as grpc from "@grpc/grpc-js";
import services from "@pulumi/pulumi/proto/provider_grpc_pb.js";
import proto from "@pulumi/pulumi/proto/provider_pb.js";
import type jspb from "google-protobuf";
import empty from "google-protobuf/google/protobuf/empty_pb.js";
import struct from "google-protobuf/google/protobuf/struct_pb.js";
import {
  type CheckRequest,
  type Emulator,
  type Props,
  type ProviderHost,
  serveProvider,
  UNKNOWN,
} from "../../../sandbox/azure/providerHost.ts";

// The engine's marks, as its own SDKs write them.
const UNKNOWN_ON_WIRE = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";
const SIGNATURE = "4dabf18193072939515e22adb298388d";
const secret = (value: unknown) => ({ [SIGNATURE]: "1b47061264138c4ac30d75fd1eb44270", value });
const output = (fields: Props) => ({ [SIGNATURE]: "d0e6a833031e9bbcd3f4e8bde6ca49a4", ...fields });
const asset = (text: string) => ({ [SIGNATURE]: "c44067f5952c0a294b673a41bacd8c17", text });

const URN = "urn:pulumi:dev::shop::my:module:Parent$test:index:Thing::the::thing";
const RESOURCE = { urn: URN, type: "test:index:Thing", name: "the::thing" };

/** An emulator that records its last request; each test sets the answer. */
class Recorder implements Emulator {
  readonly name = "test";
  readonly version = "1.2.3";
  readonly configured: { peer: string; config: Record<string, string> }[] = [];
  // biome-ignore lint/suspicious/noExplicitAny: the tests look at a few fields of requests of many shapes.
  asked: any;
  outputs: Props = {};
  failure: Error | undefined;
  found: Awaited<ReturnType<Emulator["read"]>>;
  differences: Awaited<ReturnType<Emulator["diff"]>> = { changes: false, replaces: [], diffs: [] };
  failures: { property: string; reason: string }[] = [];
  secrets: string[] = [];
  creating: (signal: AbortSignal) => Promise<void> = async () => {};

  configure(peer: string, config: Record<string, string>) {
    this.configured.push({ peer, config });
  }
  check = async (r: CheckRequest) => ({ inputs: { ...this.#take(r).news, ...this.outputs }, failures: this.failures });
  diff: Emulator["diff"] = async (r) => this.#take(r) && this.differences;
  read: Emulator["read"] = async (r) => this.#take(r) && this.found;
  update: Emulator["update"] = async (r) => ({ outputs: { ...this.#take(r).inputs, ...this.outputs } });
  delete: Emulator["delete"] = async (r) => void this.#take(r);
  invoke = async (token: string, args: Props, peer: string) => this.#take({ token, args, peer }) && this.outputs;
  create: Emulator["create"] = async (r) => {
    await this.creating(this.#take(r).signal);
    return { id: "made", outputs: { ...r.inputs, ...this.outputs } };
  };
  secretOutputs() {
    return this.secrets;
  }
  #take<Asked>(asked: Asked): Asked {
    this.asked = asked;
    if (this.failure) throw this.failure;
    return asked;
  }
}

let emulator: Recorder;
let host: ProviderHost;
let client: Client;
/** The emulator is served once; each test puts a fresh recorder behind it. */
const served: Emulator = new Proxy({} as Emulator, {
  get: (_target, name) => {
    const value: unknown = Reflect.get(emulator, name, emulator);
    return typeof value === "function" ? value.bind(emulator) : value;
  },
});

before(async () => {
  emulator = new Recorder();
  host = await serveProvider(served);
  client = new Client(host.port);
});

after(async () => {
  client.close();
  await host.close();
});

beforeEach(() => {
  emulator = new Recorder();
});

describe("configuration", () => {
  test("each connection has its own, nested settings as JSON", async () => {
    const other = new Client(host.port);
    try {
      for (const [connection, user] of [
        [client, "one"],
        [other, "two"],
      ] as const) {
        const request = filled(new proto.ConfigureRequest(), {
          Args: { user, secret: secret("word"), nested: { deep: [1] } },
        });
        const response = await connection.call<proto.ConfigureResponse>("configure", request);
        assert.equal(response.getAcceptsecrets(), true);
        assert.equal(response.getSupportspreview(), true);
        assert.equal(response.getSupportsAutonamingConfiguration(), true);
      }
      const [first, second] = emulator.configured;
      assert.deepEqual(first?.config, { user: "one", secret: "word", nested: '{"deep":[1]}' });
      assert.equal(second?.config.user, "two");
      assert.notEqual(first?.peer, second?.peer);

      await client.call("delete", deletion());
      assert.equal(emulator.asked.peer, first?.peer);
      await other.call("delete", deletion());
      assert.equal(emulator.asked.peer, second?.peer);
    } finally {
      other.close();
    }
  });

  test("a configuration differs only when a value differs", async () => {
    const check = filled(new proto.CheckRequest(), { News: { port: "5432" } });
    const checked = await client.call<proto.CheckResponse>("checkConfig", check);
    assert.deepEqual(checked.getInputs()?.toJavaScript(), { port: "5432" });

    const changes = async (News: Props) => {
      const diff = filled(new proto.DiffRequest(), { OldInputs: { a: "1", b: { c: 1, d: 2 } }, News });
      return (await client.call<proto.DiffResponse>("diffConfig", diff)).getChanges();
    };
    assert.equal(await changes({ b: { d: 2, c: 1 }, a: "1" }), NONE);
    assert.equal(await changes({ b: { d: 2, c: 2 }, a: "1" }), SOME);
  });

  test("the version is the emulator's", async () => {
    const info = await client.call<import("@pulumi/pulumi/proto/plugin_pb.js").PluginInfo>(
      "getPluginInfo",
      new empty.Empty(),
    );
    assert.equal(info.getVersion(), "1.2.3");
  });
});

describe("values", () => {
  test("the emulator gets plain values: UNKNOWN, and unwrapped secrets and outputs", async () => {
    await client.call(
      "create",
      creation({
        plain: { list: [1, "two", null, true] },
        unknown: UNKNOWN_ON_WIRE,
        unknownNumber: "3eeb2bf0-c639-47a8-9e75-3b44932eb421",
        hidden: secret({ deep: UNKNOWN_ON_WIRE }),
        known: output({ value: "x", secret: true, dependencies: [URN] }),
        computed: output({ dependencies: [] }),
      }),
    );
    assert.deepEqual(emulator.asked.inputs, {
      plain: { list: [1, "two", null, true] },
      unknown: UNKNOWN,
      unknownNumber: UNKNOWN,
      hidden: { deep: UNKNOWN },
      known: "x",
      computed: UNKNOWN,
    });
  });

  test("answers keep the secrets of requests and the emulator's own", async () => {
    emulator.outputs = { token: "t", login: { user: "u", password: "w" }, later: [UNKNOWN], gone: undefined };
    emulator.secrets = ["token", "login.password", "nowhere.at.all"];
    const response = await client.call<proto.CreateResponse>(
      "create",
      creation({
        open: "o",
        top: secret("s"),
        inner: { password: secret("p"), list: [1, secret(2)] },
        outer: secret({ deep: secret("d") }),
        marked: output({ value: 1, secret: true }),
      }),
    );
    assert.deepEqual(response.getProperties()?.toJavaScript(), {
      open: "o",
      top: secret("s"),
      inner: secret({ password: secret("p"), list: [1, secret(2)] }),
      outer: secret({ deep: secret("d") }),
      marked: secret(1),
      token: secret("t"),
      login: secret({ user: "u", password: secret("w") }),
      later: [UNKNOWN_ON_WIRE],
    });
  });

  test("assets are refused", async () => {
    await assert.rejects(client.call("create", creation({ file: asset("text") })), /no assets, archives/);
  });

  test("a value may be larger than gRPC's default of 4 MB", { timeout: 300_000 }, async () => {
    const text = "x".repeat(6 * 1024 * 1024);
    const response = await client.call<proto.CreateResponse>("create", creation({ text }));
    assert.equal(response.getProperties()?.toJavaScript().text, text);
  });
});

describe("operations", () => {
  test("check passes inputs, seed and naming, and answers inputs and failures", async () => {
    emulator.outputs = { name: "given" };
    emulator.failures = [{ property: "size", reason: "is too large" }];
    emulator.secrets = ["name"];
    const { AutonamingOptions } = proto.CheckRequest;
    const request = filled(new proto.CheckRequest(), {
      Olds: { size: 1 },
      News: { size: 9, key: secret("k") },
      Randomseed: Uint8Array.of(7, 8),
      Autonaming: filled(new AutonamingOptions(), { ProposedName: "thing-1", Mode: AutonamingOptions.Mode.ENFORCE }),
    });
    const response = await client.call<proto.CheckResponse>("check", request);
    assert.deepEqual(emulator.asked, {
      ...RESOURCE,
      olds: { size: 1 },
      news: { size: 9, key: "k" },
      randomSeed: Uint8Array.of(7, 8),
      autonaming: { proposedName: "thing-1", mode: "enforce" },
    });
    assert.deepEqual(response.getInputs()?.toJavaScript(), { size: 9, key: secret("k"), name: secret("given") });
    assert.deepEqual(
      response.getFailuresList().map((failure) => failure.toObject()),
      [{ property: "size", reason: "is too large" }],
    );
  });

  test("diff answers changes, replacements and their order", async () => {
    const fields = { OldInputs: { a: 1 }, Olds: { a: 1, out: "o" }, News: { a: 2 } };
    const request = filled(new proto.DiffRequest(), fields);
    const same = await client.call<proto.DiffResponse>("diff", request);
    assert.equal(same.getChanges(), NONE);
    assert.equal(same.getHasdetaileddiff(), false);
    assert.deepEqual(emulator.asked, {
      ...RESOURCE,
      id: "id-1",
      oldInputs: { a: 1 },
      oldOutputs: { a: 1, out: "o" },
      news: { a: 2 },
    });
    emulator.differences = { changes: true, replaces: ["a"], diffs: ["a", "b"], deleteBeforeReplace: true };
    const changed = await client.call<proto.DiffResponse>("diff", request);
    assert.equal(changed.getChanges(), SOME);
    assert.deepEqual(changed.getReplacesList(), ["a"]);
    assert.deepEqual(changed.getDiffsList(), ["a", "b"]);
    assert.equal(changed.getDeletebeforereplace(), true);
  });

  test("diff answers the kind of each change, against the old input or the state", async () => {
    const request = filled(new proto.DiffRequest(), {
      OldInputs: { changed: 1, removed: 1, replaced: 1, drifted: 1, vanished: 1 },
      Olds: { changed: 1, removed: 1, replaced: 1, drifted: 5 },
      News: { changed: 2, added: 2, replaced: 2, drifted: 1, vanished: 1 },
    });
    const diffs = ["changed", "removed", "added", "drifted", "vanished"];
    emulator.differences = { changes: true, replaces: ["replaced"], diffs };
    const response = await client.call<proto.DiffResponse>("diff", request);
    assert.equal(response.getHasdetaileddiff(), true);
    const { ADD, DELETE, UPDATE, UPDATE_REPLACE } = proto.PropertyDiff.Kind;
    const kinds = response
      .getDetaileddiffMap()
      .getEntryList()
      .map(([name]) => [name, response.getDetaileddiffMap().get(name)?.toObject()]);
    assert.deepEqual(Object.fromEntries(kinds), {
      added: { kind: ADD, inputdiff: true },
      changed: { kind: UPDATE, inputdiff: true },
      drifted: { kind: UPDATE, inputdiff: false },
      removed: { kind: DELETE, inputdiff: true },
      replaced: { kind: UPDATE_REPLACE, inputdiff: true },
      vanished: { kind: ADD, inputdiff: false },
    });
  });

  test("create passes preview and timeout, and answers the id", async () => {
    const request = filled(new proto.CreateRequest(), { Preview: true, Timeout: 90 });
    const response = await client.call<proto.CreateResponse>("create", request);
    assert.equal(response.getId(), "made");
    assert.equal(emulator.asked.preview, true);
    assert.equal(emulator.asked.timeoutSeconds, 90);
    assert.equal(emulator.asked.type, RESOURCE.type);
  });

  test("read answers an existing resource, and no id for a missing one", async () => {
    const key = secret("k");
    const request = filled(new proto.ReadRequest(), { Inputs: { key }, Properties: { key, out: 1 } });
    emulator.found = { id: "id-2", inputs: { key: "new" }, outputs: { key: "new", out: 2 } };
    const found = await client.call<proto.ReadResponse>("read", request);
    assert.equal(found.getId(), "id-2");
    assert.deepEqual(found.getInputs()?.toJavaScript(), { key: secret("new") });
    assert.deepEqual(found.getProperties()?.toJavaScript(), { key: secret("new"), out: 2 });
    assert.deepEqual(emulator.asked.outputs, { key: "k", out: 1 });

    emulator.found = undefined;
    const gone = await client.call<proto.ReadResponse>("read", request);
    assert.equal(gone.getId(), "");
    assert.equal(gone.getProperties(), undefined);
  });

  test("update and delete pass the state and the inputs", async () => {
    const update = filled(new proto.UpdateRequest(), { Olds: { a: 1, out: "o" }, News: { a: secret(2) } });
    const updated = await client.call<proto.UpdateResponse>("update", update);
    assert.deepEqual(emulator.asked.oldOutputs, { a: 1, out: "o" });
    assert.deepEqual(updated.getProperties()?.toJavaScript(), { a: secret(2) });

    await client.call("delete", deletion({ a: secret(2) }));
    assert.deepEqual(emulator.asked.outputs, { a: 2 });
    assert.equal(emulator.asked.id, "id-1");
  });

  test("invoke answers a function's result, or refuses where there are no functions", async () => {
    emulator.outputs = { answer: 42 };
    const request = filled(new proto.InvokeRequest(), { Tok: "test:index:ask", Args: { question: "q" } });
    const response = await client.call<proto.InvokeResponse>("invoke", request);
    assert.deepEqual(response.getReturn()?.toJavaScript(), { answer: 42 });
    assert.equal(emulator.asked.token, "test:index:ask");
    assert.deepEqual(emulator.asked.args, { question: "q" });

    emulator.invoke = undefined as never;
    await assert.rejects(client.call("invoke", request), /test provider has no functions; test:index:ask was called/);
  });

  test("cancel aborts a running create and no later one", { timeout: 300_000 }, async () => {
    const started = new EventTarget();
    emulator.creating = async (signal) => {
      started.dispatchEvent(new Event("started"));
      if (!signal.aborted) await once(signal, "abort");
      throw new Error("stopped on request");
    };
    const begun = once(started, "started");
    const creating = client.call("create", creation({}));
    const refused = assert.rejects(creating, /stopped on request/);
    await begun;
    await client.call("cancel", new empty.Empty());
    await refused;

    emulator.creating = async (signal) => assert.equal(signal.aborted, false);
    await client.call("create", creation({}));
  });

  test("an error arrives as its message alone", async () => {
    emulator.failure = new Error("The disk is full. Next: empty it.");
    await assert.rejects(client.call("create", creation({})), (error: grpc.ServiceError) => {
      assert.equal(error.details, "The disk is full. Next: empty it.");
      assert.equal(error.code, grpc.status.UNKNOWN);
      return true;
    });
  });
});

const { DIFF_SOME: SOME, DIFF_NONE: NONE } = proto.DiffResponse.DiffChanges;

/** A client as the engine's: one connection of its own. */
class Client {
  readonly #client: grpc.Client;

  constructor(port: number) {
    this.#client = new services.ResourceProviderClient(`127.0.0.1:${port}`, grpc.credentials.createInsecure(), {
      "grpc.max_receive_message_length": -1,
      "grpc.max_send_message_length": -1,
      // Clients of one process share a connection otherwise.
      "grpc.use_local_subchannel_pool": 1,
    }) as unknown as grpc.Client;
  }

  call<Response>(method: string, request: jspb.Message): Promise<Response> {
    return new Promise((resolve, reject) => {
      const methods = this.#client as unknown as Record<
        string,
        (request: jspb.Message, callback: (error: Error | null, response: Response) => void) => void
      >;
      methods[method]?.call(this.#client, request, (error, response) => (error ? reject(error) : resolve(response)));
    });
  }

  close(): void {
    this.#client.close();
  }
}

function message(props: Props): struct.Struct {
  return struct.Struct.fromJavaScript(props as Record<string, struct.JavaScriptValue>);
}

/** A request for the resource with these fields; an object becomes a message. */
function filled<Request extends jspb.Message>(request: Request, fields: Record<string, unknown>): Request {
  const setters = request as unknown as Record<string, ((value: unknown) => void) | undefined>;
  for (const [name, value] of Object.entries<unknown>({ Urn: URN, Id: "id-1", ...fields })) {
    const isPlain = value instanceof Object && Object.getPrototypeOf(value) === Object.prototype;
    setters[`set${name}`]?.call(request, isPlain ? message(value as Props) : value);
  }
  return request;
}

const creation = (Properties: Props) => filled(new proto.CreateRequest(), { Properties });
const deletion = (Properties: Props = {}) => filled(new proto.DeleteRequest(), { Properties });
