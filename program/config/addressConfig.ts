import { type AddressRange, addressRange, rangeWithHostBits } from "./addressRange.ts";
import type { Configuration } from "./configuration.ts";
import { ADDRESS_EXAMPLE } from "./keys/access.ts";
import { unlessSecret } from "./problems.ts";
import type { ListName } from "./schema.ts";

/** An item of a list of addresses, as it was written and as a range. */
export interface ConfigAddress {
  path: string;
  text: string;
  range: AddressRange;
}

/** Reads a list of addresses and CIDR ranges; each range is in the list once. */
export function readAddresses(config: Configuration, name: ListName): ConfigAddress[] {
  const addresses = config.list(name).flatMap(({ path, value: text }) => {
    const range = validRange(config, path, text);
    return range ? [{ path, text, range }] : [];
  });
  for (const address of addresses) refuseDuplicate(config, addresses, address);
  return addresses;
}

function validRange(config: Configuration, path: string, value: string): AddressRange | undefined {
  const code = "EP-CONFIG-01";
  const range = addressRange(value);
  const unclear = rangeWithHostBits(value);
  if (range && !unclear) return range;
  if (unclear) {
    const both = `${unclear.address}/32 for the address, or ${unclear.range} for the range`;
    const allowed = unlessSecret([path], both, "a range that begins with its first address");
    const repair = unlessSecret([path], `${unclear.address}/32`, ADDRESS_EXAMPLE);
    config.problems.add({ code, key: path, value, allowed, repair });
  } else {
    const allowed = "an IPv4 address or CIDR range, never the whole Internet";
    config.problems.add({ code, key: path, value, allowed, repair: ADDRESS_EXAMPLE });
  }
  return undefined;
}

/** Azure's firewall takes a range once only. */
function refuseDuplicate(config: Configuration, addresses: readonly ConfigAddress[], address: ConfigAddress): void {
  const { path, text, range } = address;
  const first = addresses.find(
    (other) => other.range.startIpAddress === range.startIpAddress && other.range.endIpAddress === range.endIpAddress,
  );
  if (first === undefined || first === address) return;
  const allowed = `each address or range once; ${first.path} is the same`;
  config.problems.add({ code: "EP-CONFIG-05", key: path, value: text, allowed, repair: { remove: path } });
}
