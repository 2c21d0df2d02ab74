/** A certificate and its private key, both PEM. */
export interface IssuedCertificate {
  keyPem: string;
  certPem: string;
}

/** The sandbox's certificate authority: made once, kept in a folder. */
export class CertificateAuthority {
  readonly certificatePem: string = "";

  static open(_dir: string): Promise<CertificateAuthority> {
    throw new Error("not there yet");
  }

  issue(_names: { dns: string[]; ip: string[] }): Promise<IssuedCertificate> {
    throw new Error("not there yet");
  }
}
