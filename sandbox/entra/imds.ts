import type { Principal } from "./directory.ts";
import type { TokenIssuer } from "./tokenIssuer.ts";

/** An identity of a machine. */
export interface ImdsIdentity {
  principal: Principal;
  kind: "system" | "user";
}

/** Options of {@link Imds.start}. */
export interface ImdsOptions {
  issuer: TokenIssuer;
  /** The machine's identities at the time of a request. */
  identities: () => ImdsIdentity[];
  /** Address to listen on; loopback only. @default "127.0.0.1" */
  address?: string;
  /** Port to listen on. @default 0, any free one */
  port?: number;
  /** Seconds that a token lives. @default the issuer's */
  tokenLifetimeSeconds?: number;
}

/** The instance metadata service of one machine: gives tokens to whoever can reach it. */
export class Imds {
  /** Base address: the value for `AZURE_POD_IDENTITY_AUTHORITY_HOST`. */
  readonly url: string = "";
  /** The value for `IDENTITY_ENDPOINT`. */
  readonly appServiceUrl: string = "";
  /** The value for `IDENTITY_HEADER`. */
  readonly appServiceHeader: string = "";

  /** Starts to listen. @throws Error when the address is not loopback or is taken */
  static start(_options: ImdsOptions): Promise<Imds> {
    throw new Error("not there yet");
  }

  /** Stops listening. */
  close(): Promise<void> {
    throw new Error("not there yet");
  }
}
