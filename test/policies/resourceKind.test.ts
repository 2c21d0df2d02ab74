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

test("the tokens of the installed SDKs are known", async () => {
  const { Server } = await import("@pulumi/azure-native/dbforpostgresql/server.js");
  const { AdministratorsMicrosoftEntra } = await import(
    "@pulumi/azure-native/dbforpostgresql/administratorsMicrosoftEntra.js"
  );
  const { Database } = await import("@pulumi/azure-native/dbforpostgresql/database.js");
  const { FirewallRule } = await import("@pulumi/azure-native/dbforpostgresql/firewallRule.js");
  const { Configuration } = await import("@pulumi/azure-native/dbforpostgresql/configuration.js");
  const { VirtualMachine } = await import("@pulumi/azure-native/compute/virtualMachine.js");
  const { UserAssignedIdentity } = await import("@pulumi/azure-native/managedidentity/userAssignedIdentity.js");
  const { NetworkSecurityGroup } = await import("@pulumi/azure-native/network/networkSecurityGroup.js");
  const { SecurityRule } = await import("@pulumi/azure-native/network/securityRule.js");
  const { DiagnosticSetting } = await import("@pulumi/azure-native/monitor/diagnosticSetting.js");
  const { Grant } = await import("@pulumi/postgresql/grant.js");
  const { GrantRole } = await import("@pulumi/postgresql/grantRole.js");
  const { DefaultPrivileges } = await import("@pulumi/postgresql/defaultPrivileges.js");
  const { DefaultPrivileg } = await import("@pulumi/postgresql/defaultPrivileg.js");
  const { Role } = await import("@pulumi/postgresql/role.js");
  const { Schema } = await import("@pulumi/postgresql/schema.js");
  const { SecurityLabel } = await import("@pulumi/postgresql/securityLabel.js");
  const installed: [kinds.ResourceKind, unknown][] = [
    [kinds.SERVER, Server],
    [kinds.ADMINISTRATOR, AdministratorsMicrosoftEntra],
    [kinds.DATABASE, Database],
    [kinds.FIREWALL_RULE, FirewallRule],
    [kinds.CONFIGURATION, Configuration],
    [kinds.VIRTUAL_MACHINE, VirtualMachine],
    [kinds.USER_IDENTITY, UserAssignedIdentity],
    [kinds.SECURITY_GROUP, NetworkSecurityGroup],
    [kinds.SECURITY_RULE, SecurityRule],
    [kinds.DIAGNOSTIC_SETTING, DiagnosticSetting],
    [kinds.GRANT, Grant],
    [kinds.GRANT_ROLE, GrantRole],
    [kinds.DEFAULT_PRIVILEGES, DefaultPrivileges],
    [kinds.DEFAULT_PRIVILEGES, DefaultPrivileg],
    [kinds.ROLE, Role],
    [kinds.SCHEMA, Schema],
    [kinds.SECURITY_LABEL, SecurityLabel],
  ];
  for (const [kind, resource] of installed) {
    const { __pulumiType: token } = resource as { __pulumiType: string };
    assert.ok(kind.is(token), token);
  }
});
