/** A range of IPv4 addresses as numbers, both ends included. */
export interface Ipv4Range {
  first: number;
  last: number;
}

/** An IPv4 address as a number, or nothing for another text. */
export function ipv4Number(address: string): number | undefined {
  const bytes = address.split(".");
  if (bytes.length !== 4 || !bytes.every((byte) => /^(0|[1-9]\d{0,2})$/.test(byte) && Number(byte) < 256))
    return undefined;
  return bytes.reduce((number, byte) => number * 256 + Number(byte), 0);
}

/** The address with this number. */
export function ipv4Text(number: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(number / 2 ** shift) % 256).join(".");
}

/** The addresses of a block such as `10.42.0.0/24`, or nothing for another text or bits behind the prefix. */
export function ipv4Block(block: string): Ipv4Range | undefined {
  const [address = "", length = "", ...rest] = block.split("/");
  const first = ipv4Number(address);
  if (first === undefined || rest.length > 0 || !/^\d{1,2}$/.test(length) || Number(length) > 32) return undefined;
  const size = 2 ** (32 - Number(length));
  return first % size === 0 ? { first, last: first + size - 1 } : undefined;
}
