import { type AddressRange, addressRange, strayAddress } from "./addressRange.ts";
import type { ConfigReader } from "./configReader.ts";

/** From the range for documents. */
export const ADDRESS_EXAMPLE = "198.51.100.7";

/** An item of a list of addresses, as it was written and as a range. */
export interface ConfigAddress {
  path: string;
  text: string;
  range: AddressRange;
}

/** Reads a list of addresses and CIDR ranges, each of which is there once. */
export function readAddresses(config: ConfigReader, key: string): ConfigAddress[] {
  const addresses = config.list(key, ADDRESS_EXAMPLE).flatMap(({ path, value: text }) => {
    const range = checkedRange(config, path, text);
    return range ? [{ path, text, range }] : [];
  });
  for (const address of addresses) refuseSame(config, addresses, address);
  return addresses;
}

function checkedRange(config: ConfigReader, path: string, text: string): AddressRange | undefined {
  const range = addressRange(text);
  if (!range) {
    config.problem(path, text, "an IPv4 address or CIDR range, never the whole Internet", ADDRESS_EXAMPLE);
    return undefined;
  }
  const stray = strayAddress(text);
  if (!stray) return range;
  const either = `${stray.address}/32 for the address, or ${stray.range} for the range`;
  config.problem(
    path,
    text,
    config.unlessSecret([path], either, "a range that begins with its first address"),
    config.unlessSecret([path], `${stray.address}/32`, ADDRESS_EXAMPLE),
  );
  return undefined;
}

/** Two rules for one range are one too many: the server's firewall takes it once. */
function refuseSame(config: ConfigReader, addresses: readonly ConfigAddress[], address: ConfigAddress): void {
  const { path, text, range } = address;
  const first = addresses.find(
    (other) => other.range.startIpAddress === range.startIpAddress && other.range.endIpAddress === range.endIpAddress,
  );
  if (first && first !== address) {
    config.problem(path, text, `each address or range once; ${first.path} is the same`, { remove: path });
  }
}
