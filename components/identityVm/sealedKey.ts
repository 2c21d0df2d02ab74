import { createHash } from "node:crypto";

/** The sentence that the key is made of: with it, anybody can see that the key was not chosen for its private half. */
const SENTENCE = "entra-postgres: nobody holds the private half of this key, counter 1";

/**
 * An SSH public key that nobody can use. Azure wants a key for every Linux VM without a password, also for one that
 * nobody is to log in to. An Ed25519 public key is a point of a curve; this one is the hash of a sentence, and nobody
 * knows which private key leads there.
 */
export function sealedPublicKey(): string {
  const point = createHash("sha256").update(SENTENCE).digest();
  const field = (bytes: Buffer) => {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(bytes.length);
    return Buffer.concat([length, bytes]);
  };
  const key = Buffer.concat([field(Buffer.from("ssh-ed25519")), field(point)]).toString("base64");
  return `ssh-ed25519 ${key} sealed`;
}
