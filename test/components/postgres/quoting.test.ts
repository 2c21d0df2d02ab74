import assert from "node:assert/strict";
import { test } from "node:test";
import { identifier, literal } from "../../../components/postgres/quoting.ts";
import { labelStatement } from "../../../components/principal/roleStatements.ts";

test("no text breaks out of an identifier or a literal", () => {
  assert.equal(identifier('a" SUPERUSER; --'), '"a"" SUPERUSER; --"');
  assert.equal(literal("it's"), "'it''s'");
  assert.equal(literal("a\\b"), " E'a\\\\b'");
});

test("names and texts that PostgreSQL would cut are refused", () => {
  assert.throws(() => identifier(""), RangeError);
  assert.throws(() => identifier("é".repeat(32)), /64/);
  assert.throws(() => identifier("a\0b"), RangeError);
  assert.throws(() => literal("a\0b"), RangeError);
});

test("the security label is the documented one", () => {
  assert.equal(
    labelStatement({
      roleName: 'o"r',
      objectId: "11111111-0000-0000-0000-000000000000",
      principalType: "service",
      isAdmin: true,
      isMfa: false,
    }),
    `SECURITY LABEL FOR "pgaadauth" ON ROLE "o""r" IS 'aadauth,oid=11111111-0000-0000-0000-000000000000,type=service,admin'`,
  );
});
