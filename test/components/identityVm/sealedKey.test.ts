import assert from "node:assert/strict";
import { test } from "node:test";
import ssh2 from "ssh2";
import { sealedPublicKey } from "../../../components/identityVm/sealedKey.ts";

/** Whether 32 bytes are the y of a point of the curve Ed25519 (RFC 8032, 5.1.3): x² = (y² - 1) / (d y² + 1) has a root. */
function isOnCurve(bytes: Buffer): boolean {
  const p = 2n ** 255n - 19n;
  const power = (base: bigint, exponent: bigint) => {
    let result = 1n;
    for (let b = base % p, e = exponent; e > 0n; e >>= 1n, b = (b * b) % p) {
      result = e & 1n ? (result * b) % p : result;
    }
    return result;
  };
  const little = Buffer.from(bytes).reverse();
  const y = BigInt(`0x${little.toString("hex")}`) & (2n ** 255n - 1n);
  const d = ((-121665n + p) * power(121666n, p - 2n)) % p;
  const square = (((y * y - 1n + p) % p) * power((d * y * y + 1n) % p, p - 2n)) % p;
  return y < p && (square === 0n || power(square, (p - 1n) / 2n) === 1n);
}

test("the sealed key is a well-formed OpenSSH key, the same each time, and a point of the curve", () => {
  const key = sealedPublicKey();
  assert.equal(key, sealedPublicKey());
  const parsed = ssh2.utils.parseKey(key);
  assert.ok(!(parsed instanceof Error));
  const blob = Buffer.from(key.split(" ")[1] ?? "", "base64");
  assert.ok(isOnCurve(blob.subarray(-32)));
});
