import "reflect-metadata";
import { webcrypto } from "node:crypto";
import { join } from "node:path";
import * as x509 from "@peculiar/x509";
import { UserError } from "entra-postgres/errors";
import { StateFile } from "../stateFile.ts";

x509.cryptoProvider.set(webcrypto);

/** A certificate and its private key, both PEM. */
export interface IssuedCertificate {
  keyPem: string;
  certPem: string;
}

/** When a certificate is valid, in days from now. */
interface Validity {
  from: number;
  to: number;
}

const ALGORITHM = { name: "ECDSA", namedCurve: "P-256" } as const;
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
   * @throws UserError when its certificate has expired
   */
  static async open(dir: string): Promise<CertificateAuthority> {
    const path = join(dir, "certificate-authority.json");
    const file = new StateFile<Partial<IssuedCertificate>>(path, () => ({}));
    if (!file.value.certPem || !file.value.keyPem) {
      Object.assign(file.value, await makeRoot());
      file.save();
    }
    const { certPem = "", keyPem = "" } = file.value;
    const der = x509.PemConverter.decodeFirst(keyPem);
    const authority = new CertificateAuthority(
      certPem,
      await webcrypto.subtle.importKey("pkcs8", der, ALGORITHM, false, ["sign"]),
    );
    if (authority.#certificate.notAfter.getTime() >= Date.now() + 30 * DAY) return authority;
    const expected = "a certificate authority that is valid for 30 days more";
    throw new UserError({ code: "EP-SANDBOX-04", step: `reading ${path}`, expected, found: "it expires earlier" });
  }

  /** Issues a server certificate for these names, by default for a year. */
  async issue(
    { dns, ip }: { dns: string[]; ip: string[] },
    validity: Validity = { from: -1, to: 365 },
  ): Promise<IssuedCertificate> {
    const names = [
      ...dns.map((value) => ({ type: "dns" as const, value })),
      ...ip.map((value) => ({ type: "ip" as const, value })),
    ];
    const extensions = [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
      new x509.SubjectAlternativeNameExtension(names),
      await x509.AuthorityKeyIdentifierExtension.create(this.#certificate.publicKey),
    ];
    const issuer = { issuer: this.#certificate.subject, signingKey: this.#key };
    return certify(names[0]?.value ?? "", validity, extensions, issuer);
  }
}

function makeRoot(): Promise<IssuedCertificate> {
  return certify("entra-postgres sandbox CA", { from: -1, to: 3650 }, [
    new x509.BasicConstraintsExtension(true, 0, true),
    new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
  ]);
}

/** @param issuer who signs. @default the certificate's own key */
async function certify(
  subject: string,
  { from, to }: Validity,
  extensions: x509.Extension[],
  issuer?: { issuer: string; signingKey: webcrypto.CryptoKey },
): Promise<IssuedCertificate> {
  const { publicKey, privateKey } = await webcrypto.subtle.generateKey(ALGORITHM, true, ["sign", "verify"]);
  const certificate = await x509.X509CertificateGenerator.create({
    subject: [{ CN: [subject] }],
    notBefore: new Date(Date.now() + from * DAY),
    notAfter: new Date(Date.now() + to * DAY),
    publicKey,
    extensions: [...extensions, await x509.SubjectKeyIdentifierExtension.create(publicKey)],
    ...(issuer ?? { issuer: [{ CN: [subject] }], signingKey: privateKey }),
  });
  const der = await webcrypto.subtle.exportKey("pkcs8", privateKey);
  return { certPem: certificate.toString("pem"), keyPem: x509.PemConverter.encode(der, "PRIVATE KEY") };
}
