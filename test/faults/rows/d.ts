import assert from "node:assert/strict";
import dns from "node:dns";
import { connect, Socket } from "node:net";
import { CertificateAuthority } from "../../../sandbox/postgres/certificates.ts";
import { temporaryDirectory } from "../../harness/testServer.ts";
import type { FaultContext } from "../context.ts";
import type { SeenMessage } from "../cutting.ts";
import type { Rows } from "../row.ts";

const LOCAL = { dns: ["localhost"], ip: ["127.0.0.1"] };

/** The certificate is refused in these words, once, and the one who shows it never gets a password. */
async function unverified(context: FaultContext, words: RegExp): Promise<void> {
  const inputs = context.inputs(context.identity());
  const stack = context.stack();
  const message = await context.failure(stack.up(inputs));
  assert.match(message, /EP-PG-0[12]/);
  assert.match(message, words);
  assert.deepEqual([context.cutter.connections, context.cutter.passwords], [1, 0]);
  await context.converges(stack, inputs);
  assert.ok(context.cutter.passwords > 0, "a verified server gets one");
}

/** Names under `.faults` do not resolve until the resolver is asked once more than so many times. */
async function unresolved(
  context: FaultContext,
  code: string,
  times: number,
  row: (wasAsked: () => boolean) => Promise<void>,
): Promise<void> {
  const original = dns.lookup;
  let asked = 0;
  const lookup = (name: string, ...rest: unknown[]) => {
    const answer = rest.at(-1) as (error: Error | null, address?: unknown, family?: number) => void;
    if (!name.endsWith(".faults")) {
      return (original as (...all: unknown[]) => void)(name, ...rest);
    }
    asked += 1;
    if (asked <= times) {
      return answer(Object.assign(new Error(`getaddrinfo ${code} ${name}`), { code }));
    }
    return (rest[0] as { all?: boolean }).all
      ? answer(null, [{ address: "127.0.0.1", family: 4 }])
      : answer(null, "127.0.0.1", 4);
  };
  dns.lookup = lookup as unknown as typeof dns.lookup;
  try {
    context.cutter.certificate = await context.server.authority.issue({ dns: ["db.faults"], ip: [] });
    await row(() => asked > 0);
  } finally {
    dns.lookup = original;
  }
}

export const rows: Rows = {
  D1: async (context) => {
    const inputs = context.inputs(context.identity(), { host: "db.faults" });
    await unresolved(context, "ENOTFOUND", 2, async () => {
      const stack = context.stack();
      await stack.up(inputs);
      assert.match(context.output.join("\n"), /waiting for the server's name to appear in DNS, 0 s of 30 s/);
      await stack.destroy();
    });
    await unresolved(context, "ENOTFOUND", 1000, async (wasAsked) => {
      const up = (deadlineSeconds: number) => context.stack().up({ ...inputs, deadlineSeconds });
      const message = await context.deadlineFailure(2, up, wasAsked);
      assert.match(message, /ENOTFOUND[\s\S]*check the server's name and this machine's DNS/);
    });
    await context.converges(context.stack(), { ...inputs, host: "localhost" });
  },

  D2: async (context) => {
    const inputs = context.inputs(context.identity(), { host: "db.faults" });
    await unresolved(context, "EAI_AGAIN", 2, async () => {
      const stack = context.stack();
      await stack.up(inputs);
      assert.equal(await stack.preview(inputs), "same");
    });
  },

  D3: async (context) => {
    const inputs = context.inputs(context.identity());
    const stack = context.stack();
    const closed = { ...inputs, port: await context.closedPort() };
    const message = await context.deadlineFailure(
      2,
      (deadlineSeconds) => stack.up({ ...closed, deadlineSeconds }),
      () => context.output.length > 0,
    );
    assert.match(message, /ECONNREFUSED[\s\S]*EP-PG-08/);
    assert.doesNotMatch(message, /EP-PG-09/);
    assert.match(context.output.join("\n"), /waiting for the server to accept connections/);
    await context.converges(stack, inputs);
  },

  D4: async (context) => {
    const inputs = context.inputs(context.identity());
    const stack = context.stack();
    const original = Socket.prototype.connect;
    let attempts = 0;
    Socket.prototype.connect = function (this: Socket, ...given: unknown[]) {
      if (given[0] !== 9) {
        return Reflect.apply(original, this, given);
      }
      attempts += 1;
      return this;
    } as typeof original;
    try {
      const up = (deadlineSeconds: number) => stack.up({ ...inputs, port: 9, deadlineSeconds });
      const message = await context.deadlineFailure(3, up, () => attempts > 0);
      assert.match(message, /timeout expired.*, while opening the connection[\s\S]*EP-PG-09/);
      assert.match(message, /within \d+ s \(deadlineSeconds\)/);
    } finally {
      Socket.prototype.connect = original;
    }
    await context.converges(stack, inputs);
  },

  D5: async (context) => {
    const parameters = Buffer.from("user\0admin\0database\0postgres\0\0");
    const head = Buffer.alloc(8);
    head.writeUInt32BE(parameters.length + 8, 0);
    head.writeUInt32BE(196_608, 4);
    const socket = connect(context.server.server.port, "127.0.0.1");
    socket.write(Buffer.concat([head, parameters]));
    const answer = await new Promise<string>((resolve) => socket.once("data", (data) => resolve(data.toString())));
    socket.destroy();
    assert.match(answer, /no pg_hba\.conf entry for host .* no encryption/);
    const inputs = context.inputs(context.identity());
    const stack = context.stack();
    await stack.up(inputs);
    const first = context.cutter.seen.filter(({ direction }) => direction === "toServer").slice(0, 3);
    assert.deepEqual(
      first.map(({ type }) => type),
      ["connect", "SSLRequest", "StartupMessage"],
    );
    await context.converges(stack, inputs);
  },

  D6: async (context) => {
    const stranger = await CertificateAuthority.open(temporaryDirectory());
    context.cutter.certificate = await stranger.issue(LOCAL);
    await unverified(context, /(SELF_SIGNED_CERT|UNABLE_TO_(VERIFY|GET))[\s\S]*databaseCaCert/);
  },

  D7: async (context) => {
    context.cutter.certificate = await context.server.authority.issue({ dns: ["other.example"], ip: [] });
    await unverified(context, /a certificate for localhost[\s\S]*DNS:other\.example/);
  },

  D8: async (context) => {
    context.cutter.certificate = await context.server.authority.issue(LOCAL, { from: -10, to: -1 });
    await unverified(context, /CERT_HAS_EXPIRED/);
    context.cutter.reset();
    context.cutter.certificate = await context.server.authority.issue(LOCAL, { from: 1, to: 10 });
    await unverified(context, /CERT_NOT_YET_VALID/);
    context.cutter.reset();
    context.cutter.tls = { minVersion: "TLSv1", maxVersion: "TLSv1.1", ciphers: "DEFAULT@SECLEVEL=0" };
    await unverified(context, /over TLS 1\.2 or later[\s\S]*(protocol version|UNSUPPORTED_PROTOCOL|alert)/i);
  },

  D9: async (context) => {
    context.cutter.mode = "noTls";
    await unverified(context, /does not support SSL[\s\S]*EP-PG-02/);
  },

  D10: async (context) => {
    const inputs = context.inputs(context.identity(), { deadlineSeconds: 3 });
    const stack = context.stack();
    context.cutter.mode = "inject";
    assert.match(await context.failure(stack.up(inputs)), /EP-PG-(01|02|1\d)/);
    assert.equal(context.cutter.passwords, 0);
    await context.converges(stack, inputs);
  },

  D11: async (context) => {
    const inputs = context.inputs(context.identity());
    const stack = await context.made(inputs);
    const stranger = await CertificateAuthority.open(temporaryDirectory());
    context.cutter.certificate = await stranger.issue(LOCAL);
    const operations = [
      () => context.stack().up(context.inputs(context.identity())),
      () => stack.refresh(),
      () => stack.up({ ...inputs, canLogin: false }),
      () => stack.destroy(),
    ];
    for (const operation of operations) {
      assert.match(await context.failure(operation()), /EP-PG-0[12]/);
    }
    assert.deepEqual([context.cutter.connections, context.cutter.passwords], [4, 0]);
    await context.converges(stack, inputs);
  },

  D12: async (context) => {
    const steps: [string, RegExp][] = [
      ["SSLRequest", /while agreeing on TLS/],
      ["S", /while agreeing on TLS/],
      ["StartupMessage", /while waiting for the server to ask for the token/],
      ["PasswordMessage", /while having the token checked/],
      ["Query", /\d s \(deadlineSeconds\)/],
    ];
    for (const [type, words] of steps) {
      const inputs = context.inputs(context.identity());
      const stack = context.stack();
      let stalled = false;
      const onCut = () => {
        stalled = true;
      };
      context.cutter.reset();
      context.cutter.cuts = [{ matches: (message) => message.type === type, action: "stall", times: 100, onCut }];
      const up = (deadlineSeconds: number) => stack.up({ ...inputs, deadlineSeconds });
      assert.match(await context.deadlineFailure(1.5, up, () => stalled), words, type);
      await context.converges(stack, inputs);
    }
    // A server that answers each time just so, and never comes to an end.
    const slow = context.inputs(context.identity());
    const stack = context.stack();
    const drip = {
      matches: ({ direction }: SeenMessage) => direction === "toClient",
      action: { delay: 150 },
      times: 1000,
    };
    context.cutter.reset();
    context.cutter.cuts = [drip];
    assert.match(
      await context.failure(stack.up({ ...slow, deadlineSeconds: 5 })),
      /5 s( were over)? \(deadlineSeconds\)/,
    );
    await context.converges(stack, slow);
  },

  D13: async (context) => {
    const inputs = context.inputs(context.identity());
    const stranger = await CertificateAuthority.open(temporaryDirectory());
    for (const [name, value] of [
      ["NODE_TLS_REJECT_UNAUTHORIZED", "0"],
      ["PGSSLMODE", "disable"],
      ["PGSSLMODE", "require"],
    ] as const) {
      context.setEnvironment();
      context.cutter.reset();
      context.cutter.certificate = await stranger.issue(LOCAL);
      process.env[name] = value;
      const message = await context.failure(context.stack().up(inputs));
      assert.match(message, name === "PGSSLMODE" ? /EP-PG-01/ : /EP-PG-22/);
      assert.equal(context.cutter.passwords, 0);
    }
    context.setEnvironment();
    await context.converges(context.stack(), inputs);
  },
};
