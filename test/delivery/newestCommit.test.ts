import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, type TestContext, test } from "node:test";
import { newestCommit } from "../../delivery/github/newestCommit.ts";

const SHA = "1a2b3c4d5e6f7a8b9c0d1a2b3c4d5e6f7a8b9c0d";

/** Asks a server that answers as GitHub does, or with an error. */
async function ask(context: TestContext, status: number, main: string) {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(`${request.url} ${request.headers.authorization}`);
    response.writeHead(status).end(JSON.stringify({ ref: "refs/heads/main", object: { type: "commit", sha: main } }));
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  context.after(() => server.close());
  const lines: string[] = [];
  const code = await newestCommit({
    env: {
      GITHUB_API_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      GITHUB_REPOSITORY: "contoso/orders",
      GITHUB_SHA: SHA,
      GH_TOKEN: "the-token",
    },
    log: (line) => lines.push(line),
  });
  return { code, asked, text: lines.join("\n") };
}

describe("newest-commit", () => {
  test("lets the newest commit of main through", async (t) => {
    const { code, asked, text } = await ask(t, 200, SHA);
    assert.deepEqual([code, text], [0, ""]);
    assert.deepEqual(asked, ["/repos/contoso/orders/git/ref/heads/main Bearer the-token"]);
  });

  test("stops an older one, which would bring an older program back", async (t) => {
    const { code, text } = await ask(t, 200, "ffffffffffffffffffffffffffffffffffffffff");
    assert.equal(code, 1);
    assert.match(text, /^::error title=EP-DELIVERY-03 .*ffffffffff.*::Next: /);
  });

  test("stops where GitHub does not say, and shows no token", async (t) => {
    const { code, text } = await ask(t, 403, SHA);
    assert.equal(code, 1);
    assert.match(text, /HTTP 403.*contents: read/);
    assert.doesNotMatch(text, /the-token/);
  });
});
