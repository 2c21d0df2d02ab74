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
import type { FaultRow } from "../row.ts";

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

export const rows: FaultRow[] = [
  {
    id: "I1",
    fault: "429, with and without Retry-After",
    injected: "429 twice from the metadata service",
    seen: "success",
    never: "a failure, or a hot loop",
    level: "imds",
    run: async (context) => {
      await survives(context, [{ status: 429, headers: { "retry-after": "1" } }, { status: 429 }]);
    },
  },
  {
    id: "I2",
    fault: "410 for more than a minute",
    injected: "410 from the metadata service until 65 s are over",
    seen: "success",
    never: "it is given up early",
    level: "imds",
    slow: "it takes the minute that it is about",
    run: async (context) => {
      const end = performance.now() + 65_000;
      context.imds.fault = () => (performance.now() < end ? { status: 410 } : undefined);
      const inputs = context.inputs(context.identity(), { deadlineSeconds: 200 });
      const stack = context.stack();
      await stack.up(inputs);
      await context.converges(stack, inputs);
    },
  },
  {
    id: "I3",
    fault: "404, 500 and 503, and then an answer",
    injected: "404 twice, 500 and 503 once each from the metadata service",
    seen: "success",
    never: "a failure",
    level: "imds",
    run: async (context) => {
      await survives(context, [{ status: 404 }, { status: 404 }]);
      await survives(context, [{ status: 500 }, { status: 503 }]);
    },
  },
  {
    id: "I4",
    fault: "the identity is not attached to this machine",
    injected: "400 Identity not found, for ever",
    seen: "the service's own words and how to log in",
    never: "ten minutes of waiting",
    level: "imds",
    run: async (context) => {
      const body = JSON.stringify({ error: "invalid_request", error_description: "Identity not found" });
      await explained(
        context,
        { status: 400, headers: { "content-type": "application/json" }, body },
        /Identity not found|ManagedIdentityCredential|ChainedTokenCredential/,
      );
      assert.ok(context.imds.requests < 30, `${context.imds.requests} requests`);
    },
  },
  {
    id: "I5",
    fault: "there is no metadata service",
    injected: "connections that are reset; 403 unreachable",
    seen: "how to log in",
    never: "minutes of waiting",
    level: "imds",
    slow: "the Azure SDK's own tries take a quarter of a minute",
    run: async (context) => {
      await explained(
        context,
        { status: 403, body: "A socket operation was attempted to an unreachable network." },
        /az login/,
      );
      context.cutter.reset();
      await explained(context, { instead: "reset" }, /az login/);
    },
  },
  {
    id: "I6",
    fault: "slow answers",
    injected: "answers after 0.9, 1.1 and 5 s",
    seen: "success",
    never: "the service is taken for absent from then on",
    level: "imds",
    run: async (context) => {
      for (const delaySeconds of [0.9, 1.1, 5]) {
        context.imds.fault = () => ({ delaySeconds });
        const inputs = context.inputs(context.identity());
        const stack = context.stack();
        await stack.up(inputs);
        context.imds.fault = undefined;
        await context.converges(stack, inputs);
      }
    },
  },
  {
    id: "I7",
    fault: "a request that was forwarded, or that does not say what it wants",
    injected: "requests for a token with X-Forwarded-For, and without Metadata: true",
    seen: "400",
    never: "a token for whoever has a server fetch it",
    level: "imds",
    run: async (context) => {
      const issued = context.server.tokens.length;
      for (const headers of [{}, { Metadata: "false" }, { Metadata: "true", "X-Forwarded-For": "10.0.0.1" }]) {
        const answer = await fetch(context.imds.url + TOKEN, { headers });
        assert.equal(answer.status, 400);
      }
      assert.equal(context.server.tokens.length, issued);
      const good = await fetch(context.imds.url + TOKEN, { headers: { Metadata: "true" } });
      assert.equal(good.status, 200);
    },
  },
  {
    id: "I8",
    fault: "several identities and none chosen, or one that is not there",
    injected: "a machine with two user-assigned identities; an unknown client_id",
    seen: "that one has to be chosen; that there is no such identity",
    never: "the token of another identity",
    level: "imds",
    run: async (context) => {
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
        assert.match(
          (await ask("&client_id=00000000-0000-0000-0000-000000000000")).error_description ?? "",
          /not found/,
        );
        assert.equal((await ask(`&client_id=${two.clientId}`)).client_id, two.clientId);
      } finally {
        await imds.close();
      }
    },
  },
  {
    id: "I9",
    fault: "an answer that is none",
    injected: "200 with HTML, with broken JSON, without a token, without a time",
    seen: "that no token came, and how to log in",
    never: "the answer's body, which may hold a token, in the message",
    level: "imds",
    run: async (context) => {
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
  },
  {
    id: "I10",
    fault: "proxy variables are set",
    injected: "http_proxy of a listener that records, for the proof's script and for the deployer's login",
    seen: "nothing",
    never: "a request for a token goes through the proxy",
    level: "imds",
    run: async (context) => {
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
        // The line of the proof that fetches the token, as the machine runs it.
        const script = readFileSync(
          join(import.meta.dirname, "../../../components/connectionCheck/connectionTest.sh"),
          "utf8",
        );
        const curl = /curl -sS --noproxy '\*'/.exec(script)?.[0];
        assert.ok(curl, "the proof's script asks without --noproxy");
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
  },
];
