import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { TokenIssuer } from "../../../sandbox/entra/tokenIssuer.ts";
import { POSTGRES_RESOURCE } from "../../../sandbox/entra/tokenRequest.ts";
import { temporaryDirectory } from "../../harness/testServer.ts";
import type { FaultContext } from "../context.ts";
import type { FaultRow, SkippedRow } from "../row.ts";

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

export const rows: FaultRow[] = [
  {
    id: "C1",
    fault: "the token is over",
    injected: "exp in the past",
    seen: "when it ended and what this machine's clock says",
    never: "a login; a part of the token in the message",
    level: "gateway",
    run: (context) => {
      context.server.issuer.override = { exp: seconds() - 60 };
      return refused(context, /token has expired[\s\S]*expired at \d{4}-.*Z, this machine's clock says \d{4}-.*Z/);
    },
  },
  {
    id: "C2",
    fault: "the token ends between two connections of one operation",
    injected: "tokens that live two seconds, and a delay at each login of a delete in three databases",
    seen: "nothing: each connection has a token of its own",
    never: "a failure",
    level: "lifecycle",
    run: async (context) => {
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
  },
  {
    id: "C3",
    fault: "the token is for another service",
    injected: "aud of the resource manager, and with a slash at the end",
    seen: "the server's words and the audience that the token has",
    never: "it is accepted",
    level: "gateway",
    run: async (context) => {
      for (const aud of ["https://management.azure.com", `${POSTGRES_RESOURCE}/`, [], undefined]) {
        context.server.issuer.override = { aud };
        await refused(context, /valid audience claim/);
      }
    },
  },
  {
    id: "C4",
    fault: "the token is of another tenant",
    injected: "tid and iss of another tenant",
    seen: "both tenants",
    never: "it is accepted",
    level: "gateway",
    run: (context) => {
      const other = "99999999-0000-4000-8000-000000000000";
      context.server.issuer.override = { tid: other, iss: `https://sts.windows.net/${other}/` };
      const own = context.server.directory.tenantId;
      return refused(context, new RegExp(`token is of tenant ${other}, ARM_TENANT_ID says ${own}`));
    },
  },
  {
    id: "C5",
    fault: "a wrong signature, an unknown key",
    injected: "a token of another issuer; one whose last characters are changed",
    seen: "that it was not valid",
    never: "it is accepted",
    level: "gateway",
    run: async (context) => {
      const stranger = await TokenIssuer.open(context.server.directory, temporaryDirectory());
      serve(context, (await stranger.issue(context.server.admin, POSTGRES_RESOURCE)).accessToken);
      await refused(context, /error occurred while validating the access token/);
      const [head, body, signature = ""] = (await context.server.token(context.server.admin)).split(".");
      serve(context, `${head}.${body}.${signature.slice(0, -8)}AAAAAAAA`);
      await refused(context, /error occurred while validating the access token/);
    },
  },
  {
    id: "C6",
    fault: "a signature that is none, or made with the public key",
    injected: "alg none; HS256 with the public key; the headers crit and jku",
    seen: "that it was not valid",
    never: "it is accepted",
    level: "gateway",
    run: async (context) => {
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
  },
  {
    id: "C7",
    fault: "no object id in the token, or another principal's",
    injected: "oid left out; oid and appid of another identity",
    seen: "the server's words and the object id that the token has",
    never: "it is accepted for the role",
    level: "gateway",
    run: async (context) => {
      context.server.issuer.override = { oid: undefined };
      await refused(context, /doesn't have a valid oid claim/);
      const other = context.identity();
      context.server.issuer.override = { oid: other.objectId, appid: other.clientId };
      await refused(context, new RegExp(`oid mismatch[\\s\\S]*the token: object id ${other.objectId}`), 1);
    },
  },
  {
    id: "C8",
    fault: "a token that is not valid yet",
    injected: "nbf 2 and 10 minutes ahead",
    seen: "taken within the leeway of 5 minutes; beyond it both times",
    never: "a leeway without bound",
    level: "gateway",
    run: async (context) => {
      context.server.issuer.override = { nbf: seconds() + 120 };
      await context.converges(context.stack(), context.inputs(context.identity()));
      context.server.issuer.override = { nbf: seconds() + 600 };
      await refused(context, /valid only from \d{4}-.*Z, this machine's clock says \d{4}-.*Z/);
    },
  },
  {
    id: "C9",
    fault: "what comes for a token is none",
    injected: "quotes, the prefix Bearer, line breaks, other alphabets, nothing, 80 KB",
    seen: "what is odd about it",
    never: "a password that was cut; a hang; any of it in the message",
    level: "lifecycle",
    run: async (context) => {
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
  },
  {
    id: "C10",
    fault: "a user's token for a service's role",
    injected: "idtyp user",
    seen: "the server's words",
    never: "it is accepted",
    level: "gateway",
    run: (context) => {
      context.server.issuer.override = { idtyp: "user" };
      return refused(context, /AAD_AUTH_TOKENTYPE_APP_USER/, 1);
    },
  },
  {
    id: "C12",
    fault: "the token of one administrator for another's name",
    injected: "adminUser of a second administrator, without a list of the administrators and with one",
    seen: "the mismatch, and who the token is of; with the list, under which name it administers",
    never: "a login; with the list, a connection",
    level: "gateway",
    run: async (context) => {
      const second = context.identity("second-admin");
      await context.sql("SELECT pgaadauth_create_principal('second-admin', true, false)");
      const inputs = context.inputs(context.identity(), { adminUser: "second-admin" });
      const message = await context.failure(context.stack().up(inputs));
      assert.match(message, new RegExp(`as the Entra administrator "second-admin" failed[\\s\\S]*${second.objectId}`));
      assert.match(message, new RegExp(`the token: object id ${context.server.admin.objectId}`));
      assert.equal(await context.role(inputs.roleName), undefined);
      const administrators = [
        { objectId: second.objectId, name: "second-admin", type: "ServicePrincipal" },
        { objectId: context.server.admin.objectId, name: "admin", type: "ServicePrincipal" },
      ];
      context.cutter.reset();
      const beforehand = await context.failure(context.stack().up({ ...inputs, administrators }));
      assert.match(beforehand, /administers this server as "admin", not as "second-admin"/);
      assert.equal(context.cutter.connections, 0);
      await context.converges(context.stack(), { ...inputs, administrators, adminUser: "admin" });
    },
  },
];

export const skipped: SkippedRow[] = [
  {
    id: "C11",
    fault: "the issuer is down while its keys are cached",
    reason: "the gateway checks with keys in memory; whether and how Azure's servers cache them is not documented",
  },
];
