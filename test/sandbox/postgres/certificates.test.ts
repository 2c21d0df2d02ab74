import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { once } from "node:events";
import { rmSync, statSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { after, test } from "node:test";
import { type ConnectionOptions, connect, createServer } from "node:tls";
import { CertificateAuthority } from "../../../sandbox/postgres/certificates.ts";
import { temporaryDirectory } from "../../harness/testServer.ts";

const dir = temporaryDirectory();
after(() => rmSync(dir, { recursive: true, force: true }));
const authority = await CertificateAuthority.open(dir);
const issued = await authority.issue({ dns: ["localhost", "s.postgres.database.azure.com"], ip: ["127.0.0.1", "::1"] });
const server = createServer({ key: issued.keyPem, cert: issued.certPem }, (socket) => socket.end());
server.on("tlsClientError", () => {});
server.listen(0, "127.0.0.1");
await once(server, "listening");
after(() => server.close());

/** Connects with verification. @returns nothing when the certificate was accepted */
async function handshake(options: ConnectionOptions): Promise<void> {
  const { port } = server.address() as AddressInfo;
  const socket = connect({ host: "127.0.0.1", port, ca: authority.certificatePem, ...options });
  try {
    await once(socket, "secureConnect");
  } finally {
    socket.destroy();
  }
}

test("issues certificates that clients of the authority accept, by each name", async () => {
  for (const servername of ["localhost", "s.postgres.database.azure.com"]) await handshake({ servername });
  await handshake({});
});

test("issues certificates that are refused for another name", async () => {
  await assert.rejects(handshake({ servername: "other.example" }), { code: "ERR_TLS_CERT_ALTNAME_INVALID" });
});

test("issues certificates that a client of another authority refuses", async () => {
  const other = temporaryDirectory();
  try {
    const { certificatePem } = await CertificateAuthority.open(other);
    await assert.rejects(
      handshake({ servername: "localhost", ca: certificatePem }),
      /unable to verify|issuer certificate/,
    );
  } finally {
    rmSync(other, { recursive: true, force: true });
  }
});

test("makes a root that signs servers only, and servers that sign nothing", () => {
  const root = new X509Certificate(authority.certificatePem);
  const leaf = new X509Certificate(issued.certPem);
  assert.deepEqual([root.ca, leaf.ca], [true, false]);
  assert.equal(leaf.verify(root.publicKey), true);
  assert.deepEqual(leaf.keyUsage, ["1.3.6.1.5.5.7.3.1"]);
  assert.match(leaf.subjectAltName ?? "", /DNS:localhost.*IP Address:127\.0\.0\.1/);
});

test("keeps the authority between runs, its key in a file that only its owner can read", async () => {
  const again = await CertificateAuthority.open(dir);
  assert.equal(again.certificatePem, authority.certificatePem);
  assert.equal(statSync(join(dir, "certificate-authority.json")).mode & 0o777, 0o600);
  const { certPem } = await again.issue({ dns: ["localhost"], ip: [] });
  assert.equal(new X509Certificate(certPem).verify(new X509Certificate(authority.certificatePem).publicKey), true);
});
