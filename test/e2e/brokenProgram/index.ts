import { Configuration } from "@pulumi/azure-native/dbforpostgresql/configuration.js";
import { Provider } from "@pulumi/postgresql";
import { Role } from "@pulumi/postgresql/role.js";
import * as pulumi from "@pulumi/pulumi";

type Props = Record<string, unknown>;

/** The administrator of the stack's configuration, who is given an application's role, too. */
const ADMINISTRATOR = new pulumi.Config().require("adminObjectId");
/** The firewall's rules come one after another: one that is open to the Internet, one to Azure. */
const RANGES = [
  { startIpAddress: "0.0.0.0", endIpAddress: "255.255.255.255" },
  { startIpAddress: "0.0.0.0", endIpAddress: "0.0.0.0" },
];

/** By type, what is done to the inputs that the program gives. */
const SPOILT: Readonly<Record<string, (props: Props) => Props>> = {
  "azure-native:resources:ResourceGroup": () => ({ tags: {} }),
  "azure-native:compute:VirtualMachine": ({ osProfile }) => ({
    identity: { type: "None" },
    osProfile: pulumi.output(osProfile as pulumi.Input<Props>).apply((given) => ({
      ...given,
      adminPassword: "Correct-Horse-1",
      linuxConfiguration: { disablePasswordAuthentication: false },
    })),
    securityProfile: { securityType: "Standard" },
  }),
  "azure-native:network:NetworkSecurityGroup": ({ securityRules }) => ({
    securityRules: pulumi
      .output(securityRules as pulumi.Input<Props[]>)
      .apply((given) => given.map((rule) => ({ ...rule, sourceAddressPrefix: "*", sourceAddressPrefixes: undefined }))),
  }),
  "azure-native:dbforpostgresql:Server": () => ({
    version: "14",
    authConfig: { activeDirectoryAuth: "Enabled", passwordAuth: "Enabled" },
    administratorLogin: "postgres",
    administratorLoginPassword: "Correct-Horse-1",
  }),
  // Its name is written out, and it is another one's.
  "azure-native:dbforpostgresql:AdministratorsMicrosoftEntra": () => ({ serverName: "elsewhere" }),
  "azure-native:dbforpostgresql:FirewallRule": () => RANGES.shift() ?? {},
  "pulumi-nodejs:dynamic/entra-postgres:EntraPrincipal": () => ({ isAdmin: true, objectId: ADMINISTRATOR }),
  "pulumi:providers:postgresql": () => ({ sslmode: "require" }),
  "postgresql:index/grant:Grant": () => ({ role: "public", privileges: ["SELECT", "TRUNCATE"] }),
};

// Here in the program: `registerResourceTransform` goes by way of the engine, and an older language host passes nothing of it on.
pulumi.runtime.registerStackTransformation(({ type, name, props, opts }) => {
  const spoil = name === "spare" ? undefined : SPOILT[type];
  return spoil && { props: { ...props, ...spoil(props) }, opts };
});

await import("../../../index.ts");

// The program sets no parameters of the server and has no role of its own: those that break a rule are added.
const login = { host: "localhost", username: "admin", database: "app", azureTenantId: "t" };
const provider = new Provider("spare", { ...login, azureIdentityAuth: true, sslmode: "verify-full" });
new Role("spare", { name: "r".repeat(64), roles: ["pg_monitor"] }, { provider });
for (const [configurationName, value] of [
  ["ssl_min_protocol_version", "TLSv1"],
  ["require_secure_transport", "off"],
] as const) {
  new Configuration(configurationName, {
    resourceGroupName: "group",
    serverName: "elsewhere",
    configurationName,
    value,
  });
}
