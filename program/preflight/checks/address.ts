import { networkInterfaces } from "node:os";
import ipaddr from "ipaddr.js";
import { UserError } from "../../../components/errors/userError.ts";
import type { AddressRange } from "../../config/addressRange.ts";
import { NotAskable } from "../answer.ts";
import type { Context } from "../context.ts";

/** The address that this machine comes from is among those that the server's firewall will allow. */
export async function checkAddress(context: Context): Promise<string> {
  const { allowedAddresses, server } = context.settings;
  if (!server.publicAccess) {
    throw new NotAskable(
      "the server gets a private endpoint: `up` has to run in its network, or in the one of runnerNetworkId",
    );
  }
  const address = context.address ?? (await addressInToken(context)) ?? ownAddress();
  if (address === undefined) {
    throw new NotAskable(
      "this machine does not know its public address: give it as ADDRESS=<your public IPv4 address>",
    );
  }
  if (allowedAddresses.some((range) => contains(range, address))) return address;
  throw new UserError({
    code: "EP-PREFLIGHT-12",
    step: "comparing the addresses",
    expected: `${address} in allowedAddresses`,
    found: allowedAddresses.length > 0 ? allowedAddresses.map(rangeText).join(", ") : "none",
    remedy: `pulumi config set --stack ${context.file.stack.name} --path 'allowedAddresses[${allowedAddresses.length}]' ${address}`,
  });
}

/** Where Microsoft Entra saw a person log in: the claim `ipaddr`. Source: Microsoft Learn, "Access token claims reference". */
async function addressInToken(context: Context): Promise<string | undefined> {
  const { ipaddr: seen } = (await context.claims.catch(() => ({}))) as { ipaddr?: unknown };
  return typeof seen === "string" && ipaddr.IPv4.isValidFourPartDecimal(seen) ? seen : undefined;
}

/** A public IPv4 address of this machine itself. */
function ownAddress(): string | undefined {
  return Object.values(networkInterfaces())
    .flatMap((all) => all ?? [])
    .find(({ address, family }) => family === "IPv4" && ipaddr.parse(address).range() === "unicast")?.address;
}

function contains({ startIpAddress, endIpAddress }: AddressRange, address: string): boolean {
  const number = (text: string) => ipaddr.IPv4.parse(text).octets.reduce((sum, octet) => sum * 256 + octet, 0);
  return number(startIpAddress) <= number(address) && number(address) <= number(endIpAddress);
}

function rangeText({ startIpAddress, endIpAddress }: AddressRange): string {
  return startIpAddress === endIpAddress ? startIpAddress : `${startIpAddress} to ${endIpAddress}`;
}
