import assert from "node:assert/strict";
import { test } from "node:test";
import * as kinds from "../../policies/engine/resourceKind.ts";

test("azure-native's tokens are known in each form, and only for their own module and resource", () => {
  for (const token of [
    "azure-native:dbforpostgresql:Server",
    "azure-native:dbforpostgresql/v20240801:Server",
    "azure-native:dbforpostgresql/v20250101preview:Server",
    "azure-native_dbforpostgresql_v20240801:dbforpostgresql:Server",
    "azure-native_dbforpostgresql_v20250101preview:dbforpostgresql:Server",
  ]) {
    assert.ok(kinds.SERVER.is(token), token);
  }
  for (const token of [
    "azure-native:dbforpostgresql:Servers",
    "azure-native:dbforpostgresql:SingleServer",
    "azure-native:dbforpostgresql/latest:Server",
    "azure-native:dbforpostgresql/v1/v2:Server",
    "azure-native:dbformysql:Server",
    "azure-native_dbformysql_v20240801:dbforpostgresql:Server",
    "my-azure-native:dbforpostgresql:Server",
    "azure-native:dbforpostgresql:Server$azure-native:dbforpostgresql:Database",
  ]) {
    assert.ok(!kinds.SERVER.is(token), token);
  }
});

const AZURE = "@pulumi/azure-native";
const INSTALLED: [kinds.ResourceKind, module: string, resource: string][] = [
  [kinds.SERVER, `${AZURE}/dbforpostgresql`, "Server"],
  [kinds.ADMINISTRATOR, `${AZURE}/dbforpostgresql`, "AdministratorsMicrosoftEntra"],
  [kinds.DATABASE, `${AZURE}/dbforpostgresql`, "Database"],
  [kinds.FIREWALL_RULE, `${AZURE}/dbforpostgresql`, "FirewallRule"],
  [kinds.CONFIGURATION, `${AZURE}/dbforpostgresql`, "Configuration"],
  [kinds.VIRTUAL_MACHINE, `${AZURE}/compute`, "VirtualMachine"],
  [kinds.USER_IDENTITY, `${AZURE}/managedidentity`, "UserAssignedIdentity"],
  [kinds.SECURITY_GROUP, `${AZURE}/network`, "NetworkSecurityGroup"],
  [kinds.SECURITY_RULE, `${AZURE}/network`, "SecurityRule"],
  [kinds.DIAGNOSTIC_SETTING, `${AZURE}/monitor`, "DiagnosticSetting"],
  [kinds.GRANT, "@pulumi/postgresql", "Grant"],
  [kinds.GRANT_ROLE, "@pulumi/postgresql", "GrantRole"],
  [kinds.DEFAULT_PRIVILEGES, "@pulumi/postgresql", "DefaultPrivileges"],
  [kinds.DEFAULT_PRIVILEGES, "@pulumi/postgresql", "DefaultPrivileg"],
  [kinds.ROLE, "@pulumi/postgresql", "Role"],
  [kinds.SCHEMA, "@pulumi/postgresql", "Schema"],
  [kinds.SECURITY_LABEL, "@pulumi/postgresql", "SecurityLabel"],
];

for (const [kind, module, resource] of INSTALLED) {
  test(`${module} ${resource} is a ${kind.name}`, async () => {
    const file = `${module}/${resource.charAt(0).toLowerCase()}${resource.slice(1)}.js`;
    const { __pulumiType: token } = (await import(file))[resource];
    assert.ok(kind.is(token), token);
  });
}
