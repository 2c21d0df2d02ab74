import { readFileSync, writeFileSync } from "node:fs";
import { UserError } from "entra-postgres/errors";
import ssh2 from "ssh2";

/** An SSH key pair. */
export interface KeyPair {
  /** OpenSSH's private form. */
  privateKey: string;
  /** The public key as in a known_hosts file, without the host: `ssh-ed25519 AAAA...` */
  publicKey: string;
}

/** The Ed25519 key pair of a file, made the first time. @throws UserError when the file has no private key */
export function openKeyPair(path: string): KeyPair {
  let privateKey: string;
  try {
    privateKey = readFileSync(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    privateKey = generateKeyPair().private;
    writeFileSync(path, privateKey, { mode: 0o600, flag: "wx" });
  }
  const key = parsePrivateKey(privateKey);
  if (key) return { privateKey, publicKey: `${key.type} ${key.getPublicSSH().toString("base64")}` };
  const [expected, found] = ["an SSH private key", "something else"];
  throw new UserError({ code: "EP-SANDBOX-04", step: `reading ${path}`, expected, found });
}

/** The key in a private key's text, or undefined. */
export function parsePrivateKey(text: string): ssh2.ParsedKey | undefined {
  const key = parseKey(text);
  return key?.isPrivateKey() ? key : undefined;
}

/** The key in an OpenSSH public or private key's text, or undefined. */
export function parseKey(text: string): ssh2.ParsedKey | undefined {
  const parsed: unknown = ssh2.utils.parseKey(text);
  const key = Array.isArray(parsed) ? parsed[0] : parsed;
  return key instanceof Error ? undefined : (key as ssh2.ParsedKey | undefined);
}

/**
 * Makes an Ed25519 key pair in OpenSSH's forms. ssh2 (1.17) sometimes makes a key that is a byte short, which it cannot read itself: such a pair
 * is replaced.
 */
export function generateKeyPair(): { private: string; public: string } {
  for (;;) {
    const pair = ssh2.utils.generateKeyPairSync("ed25519");
    if (parsePrivateKey(pair.private) && parseKey(pair.public)) return pair;
  }
}
