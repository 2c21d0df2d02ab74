import { decodeJwt, decodeProtectedHeader } from "jose";
import { findMachine, machineToken } from "./virtualMachine.ts";

/** What a claim means, for those that a reader may not know. */
const MEANINGS: Readonly<Record<string, string>> = {
  aud: "whom it is for",
  iss: "who issued it",
  oid: "object id: whom it stands for; the database's role is bound to this",
  appid: "client id",
  idtyp: "kind of identity",
  tid: "tenant",
  xms_mirid: "the Azure resource that has the identity",
};

/** Shows the claims of the virtual machine's token, never the token itself. @returns 0 */
export async function showToken(dir: string): Promise<number> {
  const token = await machineToken(await findMachine(dir, process.env.APP || undefined));
  const claims = { ...decodeProtectedHeader(token), ...decodeJwt(token) };
  const width = Math.max(...Object.keys(claims).map((name) => name.length));
  for (const [name, value] of Object.entries(claims)) {
    const meaning = MEANINGS[name];
    console.log(`  ${name.padEnd(width)}  ${shown(name, value)}${meaning === undefined ? "" : `   (${meaning})`}`);
  }
  return 0;
}

function shown(name: string, value: unknown): string {
  if (typeof value === "number" && ["exp", "iat", "nbf"].includes(name)) return new Date(value * 1000).toISOString();
  return typeof value === "string" ? value : JSON.stringify(value);
}
