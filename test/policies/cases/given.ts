import type { Given } from "../judged.ts";

type Props = Record<string, unknown>;

/** A resource of the type, with these properties. */
export const resource =
  (type: string, name: string) =>
  (props: Props = {}): Given => ({ type, name, props });

export const server = resource("azure-native:dbforpostgresql:Server", "db");
export const machine = resource("azure-native:compute:VirtualMachine", "vm");
export const principal = resource("pulumi-nodejs:dynamic/entra-postgres:EntraPrincipal", "orders");
export const role = resource("postgresql:index/role:Role", "app");
export const membership = resource("postgresql:index/grantRole:GrantRole", "member");
export const schema = resource("postgresql:index/schema:Schema", "orders");
export const access = resource("pulumi-nodejs:dynamic/entra-postgres:SchemaAccess", "orders");
export const grant = resource("postgresql:index/grant:Grant", "grant");
export const defaultPrivileges = resource("postgresql:index/defaultPrivileges:DefaultPrivileges", "later");

const configuration = resource("azure-native:dbforpostgresql:Configuration", "tls");
export const parameter = (configurationName: unknown, value: unknown) => configuration({ configurationName, value });

const firewallRule = resource("azure-native:dbforpostgresql:FirewallRule", "people");
export const range = (startIpAddress: unknown, endIpAddress: unknown) => firewallRule({ startIpAddress, endIpAddress });
