import assert from "node:assert/strict";
import { test } from "node:test";
import { connectionDetails } from "../../../components/connectionDetails/connectionDetails.ts";
import { shellQuote } from "../../../components/connectionDetails/shellQuote.ts";

const facts = { host: "db.example", port: 5432, database: "app", user: "orders", clientId: "c-1" };

test("every form verifies TLS in full and names the user", () => {
  const details = connectionDetails(facts);
  for (const form of [details.libpq, details.jdbc, details.sqlalchemy, details.environment, details.psql]) {
    assert.match(form, /verify-full/);
    assert.match(form, /orders/);
  }
  assert.match(details.npgsql, /Username=orders;SSL Mode=VerifyFull$/);
  assert.deepEqual(JSON.parse(details.nodePostgres), {
    host: "db.example",
    port: 5432,
    database: "app",
    user: "orders",
    ssl: { rejectUnauthorized: true },
  });
});

test("no form holds a password or trusts a certificate unseen", () => {
  const all = Object.values(connectionDetails(facts)).join("\n");
  assert.doesNotMatch(all, /Trust Server Certificate|sslmode=(require|disable)|(^|[^G])password=/im);
  assert.match(
    connectionDetails(facts).token,
    /api-version=2018-02-01&resource=https%3A%2F%2Fossrdbms-aad\.database\.windows\.net&client_id=c-1' -H Metadata:true/,
  );
});

test("names that mean something to a URL or a shell are quoted", () => {
  const details = connectionDetails({ ...facts, user: "a b@c", database: "x'y" });
  assert.match(details.libpq, /^postgresql:\/\/a%20b%40c@db\.example:5432\/x'y\?/);
  assert.match(details.environment, /export PGUSER='a b@c'/);
  assert.match(details.environmentFile, /^PGUSER=a b@c$/m);
  assert.match(details.npgsql, /Database="x'y";Username="a b@c"/);
  assert.equal(shellQuote("it's"), "'it'\\''s'");
});

test("every client finds the authorities that signed the server's certificate", () => {
  const onUbuntu = connectionDetails(facts);
  assert.match(onUbuntu.libpq, /sslrootcert=%2Fetc%2Fssl%2Fcerts%2Fca-certificates\.crt&/);
  assert.match(onUbuntu.environment, /export PGSSLROOTCERT=\/etc\/ssl\/certs\/ca-certificates\.crt/);
  assert.match(onUbuntu.jdbc, /sslfactory=org\.postgresql\.ssl\.DefaultJavaSSLFactory/);
  assert.doesNotMatch(onUbuntu.npgsql, /Root Certificate/);
  const own = connectionDetails({ ...facts, rootCertificate: "/etc/own ca.pem" });
  assert.match(own.jdbc, /sslrootcert=%2Fetc%2Fown%20ca\.pem/);
  assert.match(own.npgsql, /Root Certificate="\/etc\/own ca\.pem"$/);
  assert.match(own.sqlalchemy, /sslrootcert=%2Fetc%2Fown%20ca\.pem&/);
  const { ssl } = JSON.parse(connectionDetails({ ...facts, rootCertificatePem: "PEM" }).nodePostgres);
  assert.deepEqual(ssl, { rejectUnauthorized: true, ca: "PEM" });
});

test("no client takes GSSAPI encryption in the place of TLS", () => {
  const details = connectionDetails(facts);
  for (const form of [details.libpq, details.sqlalchemy, details.serviceFile])
    assert.match(form, /\bgssencmode=disable$/);
  for (const form of [details.environment, details.environmentFile]) assert.match(form, /\bPGGSSENCMODE=disable$/m);
  assert.match(details.jdbc, /&gssEncMode=disable&/);
});

test("a service of its own name for psql service=…, and the identity's client id for the SDKs", () => {
  assert.match(
    connectionDetails({ ...facts, service: "orders" }).serviceFile,
    /^\[orders\]\nhost=db\.example\nport=5432\ndbname=app\nuser=orders\n/,
  );
  assert.match(connectionDetails(facts).environment, /^export AZURE_CLIENT_ID=c-1$/m);
});

test("every form that names a token names one of the deployment's cloud", () => {
  const resource = "https://ossrdbms-aad.database.chinacloudapi.cn";
  process.env.ARM_ENVIRONMENT = "china";
  const details = connectionDetails(facts);
  delete process.env.ARM_ENVIRONMENT;
  assert.equal(details.tokenResource, resource);
  for (const form of [details.token, details.psql])
    assert.ok(form.includes(`resource=${encodeURIComponent(resource)}&`));
  assert.ok(details.jdbc.endsWith(`&azure.scopes=${encodeURIComponent(`${resource}/.default`)}`));
  for (const form of [details.environment, details.environmentFile]) {
    assert.ok(form.includes(`POSTGRES_TOKEN_RESOURCE=${resource}`));
  }
  assert.doesNotMatch(Object.values(details).join("\n"), /database\.windows\.net/);
});
