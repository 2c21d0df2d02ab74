import type { Directory } from "../entra/directory.ts";
import type { TokenIssuer } from "../entra/tokenIssuer.ts";
import type { CertificateAuthority } from "./certificates.ts";

export interface FlexibleServerOptions {
  name: string;
  dir: string;
  directory: Directory;
  issuer: TokenIssuer;
  authority: CertificateAuthority;
  address: string;
  hostName: string;
  port: number;
  version: string;
  log?: (line: string) => void;
}

export interface Administrator {
  principalName: string;
  objectId: string;
  principalType: "User" | "Group" | "ServicePrincipal";
  tenantId: string;
}

export interface FirewallRule {
  name: string;
  startIpAddress: string;
  endIpAddress: string;
}

/** One Azure server: a PostgreSQL 18 cluster and the TLS gateway in front of it. */
export class FlexibleServer {
  readonly hostName: string = "";
  readonly port: number = 0;

  static open(_options: FlexibleServerOptions): Promise<FlexibleServer> {
    throw new Error("not there yet");
  }
  addAdministrator(_administrator: Administrator): Promise<void> {
    throw new Error("not there yet");
  }
  removeAdministrator(_objectId: string): Promise<void> {
    throw new Error("not there yet");
  }
  createDatabase(_name: string, _charset?: string, _collation?: string): Promise<void> {
    throw new Error("not there yet");
  }
  dropDatabase(_name: string): Promise<void> {
    throw new Error("not there yet");
  }
  setConfiguration(_name: string, _value: string): Promise<void> {
    throw new Error("not there yet");
  }
  resetConfiguration(_name: string): Promise<void> {
    throw new Error("not there yet");
  }
  getConfiguration(_name: string): Promise<{ value: string; defaultValue: string } | undefined> {
    throw new Error("not there yet");
  }
  setFirewallRules(_rules: FirewallRule[]): void {
    throw new Error("not there yet");
  }
  setEntraAuth(_enabled: boolean): Promise<void> {
    throw new Error("not there yet");
  }
  restart(): Promise<void> {
    throw new Error("not there yet");
  }
  stop(): Promise<void> {
    throw new Error("not there yet");
  }
  destroy(): Promise<void> {
    throw new Error("not there yet");
  }
}
