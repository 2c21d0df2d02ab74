import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { createServer } from "node:net";
import { join } from "node:path";
import { promisify } from "node:util";
import { Imds, type ImdsFault } from "../../../sandbox/entra/imds.ts";
import { POSTGRES_RESOURCE } from "../../../sandbox/entra/tokenRequest.ts";
import type { FaultContext } from "../context.ts";
import type { Rows } from "../row.ts";

const TOKEN = `/metadata/identity/oauth2/token?api-version=2018-02-01&resource=${encodeURIComponent(POSTGRES_RESOURCE)}`;

/** The metadata service misbehaves at its first requests, one way after another, and then no more: an up succeeds all the same. */
async function survives(context: FaultContext, faults: ImdsFault[]): Promise<void> {
  context.imds.requests = 0;
  context.imds.fault = (request) => faults[request - 1];
  const inputs = context.inputs(context.identity(), { deadlineSeconds: 120 });
  const stack = context.stack();
  await stack.up(inputs);
  assert.ok(context.imds.requests > faults.length, `only ${context.imds.requests} requests were made`);
  await context.converges(stack, inputs);
}

/** The metadata service misbehaves for ever: the error says so, and holds nothing of what was answered. */
async function explained(context: FaultContext, fault: ImdsFault, words: RegExp): Promise<string> {
  context.imds.requests = 0;
  context.imds.fault = () => fault;
  const inputs = context.inputs(context.identity());
  const stack = context.stack();
  const message = await context.failure(stack.up(inputs));
  assert.match(message, /EP-AZ-\d\d/);
  assert.match(message, words);
  assert.equal(context.cutter.passwords, 0);
  context.imds.fault = undefined;
  await context.converges(stack, inputs);
  return message;
}

export const rows: Rows = {
  I1: async (context) => {
    await survives(context, [{ status: 429, headers: { "retry-after": "1" } }, { status: 429 }]);
  },

  I2: async (context) => {
    const end = performance.now() + 65_000;
    context.imds.fault = () => (performance.now() < end ? { status: 410 } : undefined);
    const inputs = context.inputs(context.identity(), { deadlineSeconds: 200 });
    const stack = context.stack();
    await stack.up(inputs);
    await context.converges(stack, inputs);
  },

  I3: async (context) => {
    await survives(context, [{ status: 404 }, { status: 404 }]);
    await survives(context, [{ status: 500 }, { status: 503 }]);
  },

  I4: async (context) => {
    const body = JSON.stringify({ error: "invalid_request", error_description: "Identity not found" });
    await explained(
      context,
      { status: 400, headers: { "content-type": "application/json" }, body },
      /Identity not found|ManagedIdentityCredential|ChainedTokenCredential/,
    );
    assert.ok(context.imds.requests < 30, `${context.imds.requests} requests`);
  },

  I5: async (context) => {
    await explained(
      context,
      { status: 403, body: "A socket operation was attempted to an unreachable network." },
      /az login/,
    );
    context.cutter.reset();
    await explained(context, { instead: "reset" }, /az login/);
  },

  I6: async (context) => {
    for (const delaySeconds of [0.9, 1.1, 5]) {
      context.imds.fault = () => ({ delaySeconds });
      const inputs = context.inputs(context.identity());
      const stack = context.stack();
      await stack.up(inputs);
      context.imds.fault = undefined;
      await context.converges(stack, inputs);
    }
  },

  I7: async (context) => {
    const issued = context.server.tokens.length;
    for (const headers of [{}, { Metadata: "false" }, { Metadata: "true", "X-Forwarded-For": "10.0.0.1" }]) {
      const answer = await fetch(context.imds.url + TOKEN, { headers });
      assert.equal(answer.status, 400);
    }
    assert.equal(context.server.tokens.length, issued);
    const good = await fetch(context.imds.url + TOKEN, { headers: { Metadata: "true" } });
    assert.equal(good.status, 200);
  },

  I8: async (context) => {
    const [one, two] = [context.identity(), context.identity()];
    const imds = await Imds.start({
      issuer: context.server.issuer,
      identities: () => [
        { principal: one, kind: "user" },
        { principal: two, kind: "user" },
      ],
    });
    try {
      const ask = async (query: string) => {
        const answer = await fetch(imds.url + TOKEN + query, { headers: { Metadata: "true" } });
        return (await answer.json()) as Record<string, string>;
      };
      assert.match((await ask("")).error_description ?? "", /Multiple user assigned identities exist/);
      assert.match((await ask("&client_id=00000000-0000-0000-0000-000000000000")).error_description ?? "", /not found/);
      assert.equal((await ask(`&client_id=${two.clientId}`)).client_id, two.clientId);
    } finally {
      await imds.close();
    }
  },

  I9: async (context) => {
    const token = await context.server.token(context.server.admin);
    for (const body of [
      "<html><body>Sign in to the network</body></html>",
      `{"access_token": "${token}`,
      "{}",
      JSON.stringify({ access_token: "", expires_on: "0", resource: POSTGRES_RESOURCE, token_type: "Bearer" }),
    ]) {
      context.cutter.reset();
      const json = { "content-type": "application/json" };
      const message = await explained(context, { status: 200, headers: json, body }, /next: +\S/);
      assert.doesNotMatch(message, /Sign in to the network/);
    }
  },

  I10: async (context) => {
    let proxied = 0;
    const proxy = createServer((socket) => {
      proxied += 1;
      socket.destroy();
    }).listen(0, "127.0.0.1");
    await once(proxy, "listening");
    const http_proxy = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
    try {
      Object.assign(process.env, { http_proxy, HTTP_PROXY: http_proxy });
      const inputs = context.inputs(context.identity());
      await context.converges(context.stack(), inputs);
      // The line of the connection test and the doctor that fetches the token, as the machine runs it.
      const script = readFileSync(
        join(import.meta.dirname, "../../../components/connectionCheck/machineLogin.sh"),
        "utf8",
      );
      const curl = /curl -sS --noproxy '\*'/.exec(script)?.[0];
      assert.ok(curl, "the connection test's script has no --noproxy");
      const { stdout } = await promisify(execFile)(
        "bash",
        ["-c", `${curl} -o /dev/null -w '%{http_code}' -H Metadata:true '${context.imds.url}${TOKEN}'`],
        { env: { PATH: process.env.PATH, http_proxy } },
      );
      assert.equal(stdout, "200");
      assert.equal(proxied, 0);
    } finally {
      proxy.close();
    }
  },
};
