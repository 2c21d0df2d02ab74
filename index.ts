import { getClientConfigOutput } from "@pulumi/azure-native/authorization/getClientConfig.js";
import { Config } from "@pulumi/pulumi";
import {
  AdministratorDriftCheck,
  deployer,
  requirePlainEnvironment,
  requireProviderLogin,
  requireSameCloud,
} from "entra-postgres";
import { connectApplications } from "./program/applications.ts";
import { readSettings } from "./program/config/settings.ts";
import { createDatabaseServer } from "./program/databaseServer.ts";
import { findExisting } from "./program/existing.ts";
import { createIdentities } from "./program/identities.ts";
import { createNetwork } from "./program/network.ts";
import { stackReadme } from "./program/readme.ts";
import { createScope } from "./program/scope.ts";

requireSameCloud(new Config("azure-native").get("environment"));
const settings = readSettings();
requirePlainEnvironment({ caCertFile: settings.certificateAuthority?.file });
await requireProviderLogin();
const administrators = [settings.administrator ?? (await deployer()), ...settings.moreAdministrators];
const existing = await findExisting(settings);
const { tenantId } = getClientConfigOutput();

const scope = createScope(settings);
const network = createNetwork(settings, scope, existing);
const identities = createIdentities(settings, scope, network, existing);
const server = createDatabaseServer(settings, { scope, tenantId, administrators, identities, network, existing });
const { applications, schemas } = connectApplications(settings, identities, server);

new AdministratorDriftCheck(
  "app",
  { ...server.login, administrators, serverId: server.serverId, ...(existing.server ? { keepFound: true } : {}) },
  // Runs last, after `up` has repaired drift, and so is deleted first. Its protection keeps a destroy without a preview from deleting
  // roles and VMs before it reaches the protected server.
  {
    ...server.inServer,
    dependsOn: [...schemas, ...applications.map(({ role }) => role)],
    protect: settings.server.deletionProtection,
  },
);

/** By application: how each kind of client connects as the identity. */
export const connections = Object.fromEntries(applications.map(({ app, connection }) => [app.name, connection]));
/** By application, the receipt: what its VM saw when it logged in, what it was allowed and what it was denied. */
export const receipts = Object.fromEntries(applications.map(({ app, receipt }) => [app.name, receipt]));
/** The stack's page in Pulumi Cloud. */
export const readme = stackReadme(applications);
