import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { TokenIssuer } from "../../../sandbox/entra/tokenIssuer.ts";
import { POSTGRES_RESOURCE } from "../../../sandbox/entra/tokenRequest.ts";
import { temporaryDirectory } from "../../../tools/harness/testServer.ts";
import type { World } from "../context.ts";
import type { FaultRow, SkippedRow } from "../row.ts";

const seconds = () => Math.floor(Date.now() / 1000);

/** The deployer's login is refused, in these words, and nothing was made; then it works again. */
async function refused(world: World, words: RegExp, connections = 2): Promise<void> {
  const inputs = world.inputs(world.identity());
  const stack = world.stack();
  world.cutter.reset();
  const message = await world.failure(stack.up(inputs));
  assert.match(message, words);
  assert.ok(world.cutter.connections <= connections, `${world.cutter.connections} connections`);
  assert.equal(await world.role(inputs.roleName), undefined);
  world.server.issuer.override = {};
  world.imds.fault = undefined;
  await world.converges(stack, inputs);
}

/** Has the metadata service give this text for a token. */
function serve(world: World, token: string): void {
  world.server.tokens.push(token);
  const body = JSON.stringify({
    access_token: token,
    expires_on: String(seconds() + 240),
    resource: POSTGRES_RESOURCE,
    token_type: "Bearer",
  });
  world.imds.fault = () => ({ status: 200, headers: { "content-type": "application/json" }, body });
}

const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");

/** The claims of a good token. */
async function claims(world: World): Promise<Record<string, unknown>> {
  const token = await world.server.token(world.server.admin);
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
    run: (world) => {
      world.server.issuer.override = { exp: seconds() - 60 };
      return refused(world, /token has expired[\s\S]*expired at \d{4}-.*Z, this machine's clock says \d{4}-.*Z/);
    },
  },
  {
    id: "C2",
    fault: "the token ends between two connections of one operation",
    injected: "tokens that live two seconds, and a delay at each login of a delete in three databases",
    seen: "nothing: each connection has a token of its own",
    never: "a failure",
    level: "lifecycle",
    run: async (world) => {
      world.server.issuer.override = {
        get exp() {
          return seconds() + 2;
        },
      };
      const inputs = world.inputs(world.identity());
      const stack = await world.made(inputs);
      for (let at = 0; at < 2; at += 1) {
        await world.database(inputs.roleName);
      }
      world.cutter.cuts = [{ matches: ({ type }) => type === "ReadyForQuery", action: { delay: 1100 }, times: 3 }];
      const oid = stack.state?.outputs.roleOid ?? "";
      await stack.destroy();
      assert.equal(world.cutter.connections, 3);
      world.server.issuer.override = {};
      await world.isGone(inputs.roleName, oid);
    },
  },
  {
    id: "C3",
    fault: "the token is for another service",
    injected: "aud of the resource manager, and with a slash at the end",
    seen: "the server's words and the audience that the token has",
    never: "it is accepted",
    level: "gateway",
    run: async (world) => {
      for (const aud of ["https://management.azure.com", `${POSTGRES_RESOURCE}/`, [], undefined]) {
        world.server.issuer.override = { aud };
        await refused(world, /valid audience claim/);
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
    run: (world) => {
      const other = "99999999-0000-4000-8000-000000000000";
      world.server.issuer.override = { tid: other, iss: `https://sts.windows.net/${other}/` };
      const own = world.server.directory.tenantId;
      return refused(world, new RegExp(`token is of tenant ${other}, ARM_TENANT_ID says ${own}`));
    },
  },
  {
    id: "C5",
    fault: "a wrong signature, an unknown key",
    injected: "a token of another issuer; one whose last characters are changed",
    seen: "that it was not valid",
    never: "it is accepted",
    level: "gateway",
    run: async (world) => {
      const stranger = await TokenIssuer.open(world.server.directory, temporaryDirectory());
      serve(world, (await stranger.issue(world.server.admin, POSTGRES_RESOURCE)).accessToken);
      await refused(world, /error occurred while validating the access token/);
      const [head, body, signature = ""] = (await world.server.token(world.server.admin)).split(".");
      serve(world, `${head}.${body}.${signature.slice(0, -8)}AAAAAAAA`);
      await refused(world, /error occurred while validating the access token/);
    },
  },
  {
    id: "C6",
    fault: "a signature that is none, or made with the public key",
    injected: "alg none; HS256 with the public key; the headers crit and jku",
    seen: "that it was not valid",
    never: "it is accepted",
    level: "gateway",
    run: async (world) => {
      const body = encode(await claims(world));
      const [key] = world.server.issuer.jwks.keys;
      const sign = (head: object, secret: string) => {
        const text = `${encode(head)}.${body}`;
        return `${text}.${createHmac("sha256", secret).update(text).digest("base64url")}`;
      };
      const { kid } = key ?? {};
      for (const token of [
        `${encode({ alg: "none", kid })}.${body}.`,
        sign({ alg: "HS256", kid }, JSON.stringify(key)),
        sign({ alg: "RS256", kid, crit: ["exp"] }, "x"),
        sign({ alg: "RS256", kid: "other", jku: world.imds.url }, "x"),
      ]) {
        serve(world, token);
        await refused(world, /error occurred while validating the access token/);
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
    run: async (world) => {
      world.server.issuer.override = { oid: undefined };
      await refused(world, /doesn't have a valid oid claim/);
      const other = world.identity();
      world.server.issuer.override = { oid: other.objectId, appid: other.clientId };
      await refused(world, new RegExp(`oid mismatch[\\s\\S]*the token: object id ${other.objectId}`), 1);
    },
  },
  {
    id: "C8",
    fault: "a token that is not valid yet",
    injected: "nbf 2 and 10 minutes ahead",
    seen: "taken within the leeway of 5 minutes; beyond it both times",
    never: "a leeway without bound",
    level: "gateway",
    run: async (world) => {
      world.server.issuer.override = { nbf: seconds() + 120 };
      await world.converges(world.stack(), world.inputs(world.identity()));
      world.server.issuer.override = { nbf: seconds() + 600 };
      await refused(world, /valid only from \d{4}-.*Z, this machine's clock says \d{4}-.*Z/);
    },
  },
  {
    id: "C9",
    fault: "what comes for a token is none",
    injected: "quotes, the prefix Bearer, line breaks, other alphabets, nothing, 80 KB",
    seen: "what is odd about it",
    never: "a password that was cut; a hang; any of it in the message",
    level: "lifecycle",
    run: async (world) => {
      const good = await world.server.token(world.server.admin);
      for (const [token, words] of [
        [`"${good}"`, /not a JSON web token: quotes/],
        [`Bearer ${good}`, /the prefix "Bearer"/],
        [`${good}\n`, /white space or line breaks/],
        [`${good}é`, /characters that no token has/],
        ["eyJhbGciOiJub25lIn0", /not three parts/],
        [`a.${"b".repeat(80_000)}.c`, /a token of 80004 bytes; PostgreSQL takes 65000/],
      ] as const) {
        serve(world, token);
        await refused(world, words, 1);
        assert.equal(world.cutter.passwords > 0, true, "the last up was to log in");
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
    run: (world) => {
      world.server.issuer.override = { idtyp: "user" };
      return refused(world, /AAD_AUTH_TOKENTYPE_APP_USER/, 1);
    },
  },
  {
    id: "C12",
    fault: "the token of one administrator for another's name",
    injected: "adminUser of a second administrator, without a list of the administrators and with one",
    seen: "the mismatch, and who the token is of; with the list, under which name it administers",
    never: "a login; with the list, a connection",
    level: "gateway",
    run: async (world) => {
      const second = world.identity("second-admin");
      await world.sql("SELECT pgaadauth_create_principal('second-admin', true, false)");
      const inputs = world.inputs(world.identity(), { adminUser: "second-admin" });
      const message = await world.failure(world.stack().up(inputs));
      assert.match(message, new RegExp(`as the Entra administrator "second-admin" failed[\\s\\S]*${second.objectId}`));
      assert.match(message, new RegExp(`the token: object id ${world.server.admin.objectId}`));
      assert.equal(await world.role(inputs.roleName), undefined);
      const administrators = [
        { objectId: second.objectId, name: "second-admin", type: "ServicePrincipal" },
        { objectId: world.server.admin.objectId, name: "admin", type: "ServicePrincipal" },
      ];
      world.cutter.reset();
      const beforehand = await world.failure(world.stack().up({ ...inputs, administrators }));
      assert.match(beforehand, /administers this server as "admin", not as "second-admin"/);
      assert.equal(world.cutter.connections, 0);
      await world.converges(world.stack(), { ...inputs, administrators, adminUser: "admin" });
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
