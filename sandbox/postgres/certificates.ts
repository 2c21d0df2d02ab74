import { UserError } from "entra-postgres/errors";
import "reflect-metadata";
import { webcrypto } from "node:crypto";
import { join } from "node:path";
import * as x509 from "@peculiar/x509";
import { StateFile } from "../stateFile.ts";

x509.cryptoProvider.set(webcrypto);

/** A certificate and its private key, both PEM. */
export interface IssuedCertificate {
  keyPem: string;
  certPem: string;
}

const ALGORITHM = { name: "ECDSA", namedCurve: "P-256" } as const;
const SIGNING = { ...ALGORITHM, hash: "SHA-256" } as const;
const DAY = 86_400_000;

/** The sandbox's certificate authority: made once, kept with its key in one file that only the owner can read. */
export class CertificateAuthority {
  /** The root certificate, PEM: what a client has to trust. */
  readonly certificatePem: string;

  readonly #certificate: x509.X509Certificate;
  readonly #key: webcrypto.CryptoKey;

  private constructor(certificatePem: string, key: webcrypto.CryptoKey) {
    this.certificatePem = certificatePem;
    this.#certificate = new x509.X509Certificate(certificatePem);
    this.#key = key;
  }

  /**
   * Loads the authority from a folder, or makes it.
   * @throws Error when its certificate is over
   */
  static async open(dir: string): Promise<CertificateAuthority> {
    const path = join(dir, "certificate-authority.json");
    const file = new StateFile<Partial<IssuedCertificate>>(path, () => ({}));
    if (!file.value.certPem || !file.value.keyPem) {
      Object.assign(file.value, await makeRoot());
      file.save();
    }
    const { certPem = "", keyPem = "" } = file.value;
    const key = await webcrypto.subtle.importKey("pkcs8", fromPem(keyPem), ALGORITHM, false, ["sign"]);
    const authority = new CertificateAuthority(certPem, key);
    if (authority.#certificate.notAfter.getTime() < Date.now() + 30 * DAY) {
      throw new UserError({
        code: "EP-SANDBOX-04",
        step: `reading ${path}`,
        expected: "a certificate authority that is valid for 30 days more",
        found: "it expires earlier",
      });
    }
    return authority;
  }

  /**
   * Issues a server certificate for these names.
   * @param days from when to when it is good, in days from now; by default for a year
   */
  async issue(
    names: { dns: string[]; ip: string[] },
    days: { from: number; to: number } = { from: -1, to: 365 },
  ): Promise<IssuedCertificate> {
    const keys = await makeKeys();
    const certificate = await x509.X509CertificateGenerator.create({
      serialNumber: serialNumber(),
      subject: [{ CN: [names.dns[0] ?? names.ip[0] ?? ""] }],
      issuer: this.#certificate.subject,
      notBefore: new Date(Date.now() + days.from * DAY),
      notAfter: new Date(Date.now() + days.to * DAY),
      signingAlgorithm: SIGNING,
      publicKey: keys.publicKey,
      signingKey: this.#key,
      extensions: [
        new x509.BasicConstraintsExtension(false, undefined, true),
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
        new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
        new x509.SubjectAlternativeNameExtension([
          ...names.dns.map((value) => ({ type: "dns" as const, value })),
          ...names.ip.map((value) => ({ type: "ip" as const, value })),
        ]),
        await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
        await x509.AuthorityKeyIdentifierExtension.create(this.#certificate.publicKey),
      ],
    });
    return { certPem: certificate.toString("pem"), keyPem: await privatePem(keys.privateKey) };
  }
}

async function makeRoot(): Promise<IssuedCertificate> {
  const keys = await makeKeys();
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: serialNumber(),
    name: [{ CN: ["entra-postgres sandbox CA"] }],
    notBefore: new Date(Date.now() - DAY),
    notAfter: new Date(Date.now() + 3650 * DAY),
    signingAlgorithm: SIGNING,
    keys,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return { certPem: certificate.toString("pem"), keyPem: await privatePem(keys.privateKey) };
}

async function makeKeys(): Promise<webcrypto.CryptoKeyPair> {
  return (await webcrypto.subtle.generateKey(ALGORITHM, true, ["sign", "verify"])) as webcrypto.CryptoKeyPair;
}

async function privatePem(key: webcrypto.CryptoKey): Promise<string> {
  const der = await webcrypto.subtle.exportKey("pkcs8", key);
  return x509.PemConverter.encode(der, "PRIVATE KEY");
}

function fromPem(pem: string): ArrayBuffer {
  return x509.PemConverter.decodeFirst(pem);
}

/** A positive serial number of 16 bytes. */
function serialNumber(): string {
  const bytes = Buffer.from(webcrypto.getRandomValues(new Uint8Array(16)));
  bytes[0] = ((bytes[0] ?? 0) & 0x7f) | 0x40;
  return bytes.toString("hex");
}
