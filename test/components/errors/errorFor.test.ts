import assert from "node:assert/strict";
import { test } from "node:test";
import { errorFor, errorsIn } from "entra-postgres/errors";
import { ERROR_TABLE } from "../../../components/errors/errorTable.ts";

test("what a CI job printed leads to codes", () => {
  for (const [output, expected] of [
    ["next: …\n  code:     EP-PG-03\nSQLSTATE 28P01 AADSTS700024", ["EP-PG-03"]],
    [`code: ${["EP", "PG", "99"].join("-")}`, []],
    ["AADSTS700024: Client assertion is not within its valid time range", ["EP-AZ-02"]],
    ["AADSTS7000241: another error", []],
    ['pq: no pg_hba.conf entry for host "20.1.2.3"', ["EP-PG-03"]],
    ["dial tcp 10.0.1.4:5432: i/o timeout", ["EP-PG-09"]],
    ['Status=403 Code="AuthorizationFailed" Message="The client"', ["EP-AZ-16"]],
    ["npm error code ECONNRESET\nHTTP 429", []],
    ["ERROR: permission denied (SQLSTATE 42501)", ["EP-PG-18"]],
  ] as const) {
    assert.deepEqual(errorsIn(output), expected, output);
  }
});

test("a code means another error in another phase", () => {
  const at = (phase?: "connect" | "azure") => errorFor({ code: "ENOTFOUND", text: "", ...(phase ? { phase } : {}) });
  assert.deepEqual([at("connect"), at("azure"), at()], ["EP-PG-07", "EP-AZ-12", undefined]);
});

test("PgBouncer's refusal of a startup parameter names the port", () => {
  const text = "unsupported startup parameter: statement_timeout";
  for (const phase of ["connect", undefined] as const) {
    assert.equal(errorFor({ ...(phase ? { phase } : {}), code: "08P01", text }), "EP-LOGIN-06");
  }
});

test("a tenant of another cloud, which does not know the database's resource, names ARM_ENVIRONMENT", () => {
  const text =
    "AADSTS500011: The resource principal named https://ossrdbms-aad.database.windows.net was not found in the tenant named t.";
  assert.equal(errorFor({ phase: "token", text }), "EP-AZ-21");
  assert.match(ERROR_TABLE["EP-AZ-21"].next, /ARM_ENVIRONMENT/);
});
