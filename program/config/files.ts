import { existsSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { resolve } from "node:path";
import type { Configuration } from "./configuration.ts";

/** An authority that signs certificates: the path of its PEM file, and what the file holds. */
export interface CertificateAuthority {
  file: string;
  pem: string;
}

/** A key pair for SSH. */
export interface SshKey {
  publicKey: string;
  privateKey: string;
}

/** Reads the key pair as `ssh-keygen` writes it: the private key in the file, the public one next to it in `.pub`. */
export function readSshKey(config: Configuration): SshKey | undefined {
  const file = config.stated("sshKeyFile");
  if (file === undefined) return undefined;
  const path = resolve(file.replace(/^~(?=\/)/, homedir()));
  if (existsSync(path) && existsSync(`${path}.pub`)) {
    return { privateKey: readFileSync(path, "utf8"), publicKey: readFileSync(`${path}.pub`, "utf8").trim() };
  }
  config.problems.add({
    code: "EP-CONFIG-08",
    key: "sshKeyFile",
    value: file,
    allowed: "a private key with its public key beside it in .pub",
    repair: "~/.ssh/id_ed25519",
  });
  return undefined;
}

/** Reads the authority that signed the server's certificate. */
export function readCertificateAuthority(config: Configuration): CertificateAuthority | undefined {
  const file = config.stated("databaseCaCert");
  if (file === undefined) return undefined;
  const pem = existsSync(file) ? readFileSync(file, "utf8") : "";
  if (!pem.includes("-----BEGIN CERTIFICATE-----")) {
    config.problems.add({
      code: "EP-CONFIG-08",
      key: "databaseCaCert",
      value: file,
      allowed: "the path of a file with a certificate in PEM form",
      repair: "./ca.pem",
    });
  }
  return { file, pem };
}
