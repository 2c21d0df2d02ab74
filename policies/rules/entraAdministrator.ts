import { anyOf } from "../engine/judging.ts";
import { ADMINISTRATOR, SERVER } from "../engine/resourceKind.ts";
import { benchmark, stackRule } from "../engine/rule.ts";
import { isOf } from "../engine/serverOf.ts";

export const entraAdministrator = stackRule({
  name: "entra-administrator",
  displayName: "An Entra administrator",
  description: "A PostgreSQL flexible server must have a Microsoft Entra administrator; otherwise nobody can log in.",
  severity: "high",
  remediationSteps:
    "Add an azure-native:dbforpostgresql:AdministratorsMicrosoftEntra for the server, best a group: adminObjectId, adminName and " +
    "adminType in the stack's configuration.",
  url: "https://learn.microsoft.com/en-us/azure/postgresql/security/security-entra-configure",
  framework: benchmark("IM-1", "Use centralized identity and authentication system"),
  tags: ["server", "login"],
  builtIns: {
    "ce39a96d-bf09-4b60-8c32-e85d52abea0f":
      "A Microsoft Entra administrator should be provisioned for PostgreSQL flexible servers",
  },
  verifiedModule: "none (administrators is empty)",
  looksAt: [SERVER],
  shown: [SERVER, ADMINISTRATOR],
  judge: (server, _, { resources, inputsOf }) => {
    const administrators = resources.filter(({ type }) => ADMINISTRATOR.is(type));
    const hasOne = anyOf(administrators, (each) => isOf(each, server, "serverName", inputsOf));
    return !hasOne && `"${server.name}" has no Microsoft Entra administrator.`;
  },
});
