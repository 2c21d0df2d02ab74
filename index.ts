import { getClientConfigOutput } from "@pulumi/azure-native/authorization/getClientConfig.js";
import { AdministratorDriftCheck, deployer, PrivateNetwork } from "entra-postgres";
import { connectApplications, createMachines } from "./program/applications.ts";
import { readSettings } from "./program/config/settings.ts";
import { createDatabaseServer } from "./program/databaseServer.ts";
import { stackReadme } from "./program/readme.ts";
import { createScope } from "./program/scope.ts";

const settings = readSettings();
const administrators = [settings.administrator ?? (await deployer()), ...settings.moreAdministrators];
const { tenantId } = getClientConfigOutput();

const scope = createScope(settings);
const network =
  settings.server.publicAccess === "Disabled"
    ? new PrivateNetwork("app", { ...scope, ...settings.runnerNetwork })
    : undefined;
const machines = createMachines(settings, scope, network);
const server = createDatabaseServer(settings, { scope, tenantId, administrators, machines, network });
const applications = connectApplications(settings, scope, machines, server);

new AdministratorDriftCheck(
  "app",
  { ...server.login, ...settings.trust, administrators, serverId: server.serverId },
  // It looks last: what an update puts right is no reason to complain. So it goes first, and where it is protected nothing that it
  // depends on is deleted: a destroy without a preview would drop the roles and VMs before it comes to the protected server.
  { ...server.inServer, dependsOn: applications.map(({ role }) => role), protect: settings.server.deletionProtection },
);

/** By application: how each kind of client connects as the identity. */
export const connections = Object.fromEntries(applications.map(({ app, connection }) => [app.name, connection]));
/** By application, the proof: what its VM saw when it logged in, what it was allowed and what it was denied. */
export const receipts = Object.fromEntries(applications.map(({ app, receipt }) => [app.name, receipt]));
/** What Pulumi Cloud shows as the stack's page. */
export const readme = stackReadme(applications);
