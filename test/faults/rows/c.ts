import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { TokenIssuer } from "../../../sandbox/entra/tokenIssuer.ts";
import { POSTGRES_RESOURCE } from "../../../sandbox/entra/tokenRequest.ts";
import { temporaryDirectory } from "../../harness/testServer.ts";
import type { FaultContext } from "../context.ts";
import type { Rows } from "../row.ts";

const seconds = () => Math.floor(Date.now() / 1000);

/** The deployer's login is refused, in these words, and nothing was made; then it works again. */
async function refused(context: FaultContext, words: RegExp, connections = 2): Promise<void> {
  const inputs = context.inputs(context.identity());
  const stack = context.stack();
  context.cutter.reset();
  const message = await context.failure(stack.up(inputs));
  assert.match(message, words);
  assert.ok(context.cutter.connections <= connections, `${context.cutter.connections} connections`);
  assert.equal(await context.role(inputs.roleName), undefined);
  context.server.issuer.override = {};
  context.imds.fault = undefined;
  await context.converges(stack, inputs);
}

/** Has the metadata service give this text for a token. */
function serve(context: FaultContext, token: string): void {
  context.server.tokens.push(token);
  const body = JSON.stringify({
    access_token: token,
    expires_on: String(seconds() + 240),
    resource: POSTGRES_RESOURCE,
    token_type: "Bearer",
  });
  context.imds.fault = () => ({ status: 200, headers: { "content-type": "application/json" }, body });
}

const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");

/** The claims of a good token. */
async function claims(context: FaultContext): Promise<Record<string, unknown>> {
  const token = await context.server.token(context.server.admin);
  return JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString());
}

export const rows: Rows = {
  C1: (context) => {
    context.server.issuer.override = { exp: seconds() - 60 };
    return refused(context, /token has expired[\s\S]*expired at \d{4}-.*Z, this machine's clock says \d{4}-.*Z/);
  },

  C2: async (context) => {
    context.server.issuer.override = {
      get exp() {
        return seconds() + 2;
      },
    };
    const inputs = context.inputs(context.identity());
    const stack = await context.made(inputs);
    for (let at = 0; at < 2; at += 1) {
      await context.database(inputs.roleName);
    }
    context.cutter.cuts = [{ matches: ({ type }) => type === "ReadyForQuery", action: { delay: 1100 }, times: 3 }];
    const oid = stack.state?.outputs.roleOid ?? "";
    await stack.destroy();
    assert.equal(context.cutter.connections, 3);
    context.server.issuer.override = {};
    await context.isGone(inputs.roleName, oid);
  },

  C3: async (context) => {
    for (const aud of ["https://management.azure.com", `${POSTGRES_RESOURCE}/`, [], undefined]) {
      context.server.issuer.override = { aud };
      await refused(context, /valid audience claim/);
    }
  },

  C4: (context) => {
    const other = "99999999-0000-4000-8000-000000000000";
    context.server.issuer.override = { tid: other, iss: `https://sts.windows.net/${other}/` };
    const own = context.server.directory.tenantId;
    return refused(context, new RegExp(`token is of tenant ${other}, ARM_TENANT_ID says ${own}`));
  },

  C5: async (context) => {
    const stranger = await TokenIssuer.open(context.server.directory, temporaryDirectory());
    serve(context, (await stranger.issue(context.server.admin, POSTGRES_RESOURCE)).accessToken);
    await refused(context, /error occurred while validating the access token/);
    const [head, body, signature = ""] = (await context.server.token(context.server.admin)).split(".");
    serve(context, `${head}.${body}.${signature.slice(0, -8)}AAAAAAAA`);
    await refused(context, /error occurred while validating the access token/);
  },

  C6: async (context) => {
    const body = encode(await claims(context));
    const [key] = context.server.issuer.jwks.keys;
    const sign = (head: object, secret: string) => {
      const text = `${encode(head)}.${body}`;
      return `${text}.${createHmac("sha256", secret).update(text).digest("base64url")}`;
    };
    const { kid } = key ?? {};
    for (const token of [
      `${encode({ alg: "none", kid })}.${body}.`,
      sign({ alg: "HS256", kid }, JSON.stringify(key)),
      sign({ alg: "RS256", kid, crit: ["exp"] }, "x"),
      sign({ alg: "RS256", kid: "other", jku: context.imds.url }, "x"),
    ]) {
      serve(context, token);
      await refused(context, /error occurred while validating the access token/);
    }
  },

  C7: async (context) => {
    context.server.issuer.override = { oid: undefined };
    await refused(context, /doesn't have a valid oid claim/);
    const other = context.identity();
    context.server.issuer.override = { oid: other.objectId, appid: other.clientId };
    await refused(context, new RegExp(`oid mismatch[\\s\\S]*the token: object id ${other.objectId}`), 1);
  },

  C8: async (context) => {
    context.server.issuer.override = { nbf: seconds() + 120 };
    await context.converges(context.stack(), context.inputs(context.identity()));
    context.server.issuer.override = { nbf: seconds() + 600 };
    await refused(context, /valid only from \d{4}-.*Z, this machine's clock says \d{4}-.*Z/);
  },

  C9: async (context) => {
    const good = await context.server.token(context.server.admin);
    for (const [token, words] of [
      [`"${good}"`, /not a JSON web token: quotes/],
      [`Bearer ${good}`, /the prefix "Bearer"/],
      [`${good}\n`, /white space or line breaks/],
      [`${good}é`, /characters that are invalid in a token/],
      ["eyJhbGciOiJub25lIn0", /does not have three parts/],
      [`a.${"b".repeat(80_000)}.c`, /a token of 80004 bytes; PostgreSQL takes 65000/],
    ] as const) {
      serve(context, token);
      await refused(context, words, 1);
      assert.equal(context.cutter.passwords > 0, true, "the last up was to log in");
    }
  },

  C10: (context) => {
    context.server.issuer.override = { idtyp: "user" };
    return refused(context, /AAD_AUTH_TOKENTYPE_APP_USER/, 1);
  },

  C12: async (context) => {
    const second = context.identity("second-admin");
    await context.sql("SELECT pgaadauth_create_principal('second-admin', true, false)");
    const inputs = context.inputs(context.identity(), { adminUser: "second-admin" });
    const message = await context.failure(context.stack().up(inputs));
    assert.match(message, new RegExp(`as the Entra administrator "second-admin" failed[\\s\\S]*${second.objectId}`));
    assert.match(message, new RegExp(`the token: object id ${context.server.admin.objectId}`));
    assert.equal(await context.role(inputs.roleName), undefined);
    const alone = [{ objectId: second.objectId, name: "second-admin", type: "ServicePrincipal" }];
    context.cutter.reset();
    const beforehand = await context.failure(context.stack().up({ ...inputs, administrators: alone }));
    assert.match(beforehand, /EP-PG-23/);
    assert.equal(context.cutter.connections, 0);
    const own = { objectId: context.server.admin.objectId, name: "admin", type: "ServicePrincipal" };
    await context.converges(context.stack(), { ...inputs, administrators: [...alone, own] });
  },
};
