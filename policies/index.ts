import { PolicyPack } from "@pulumi/policy";
import { rules } from "./rules.ts";

new PolicyPack("passwordless-postgresql", {
  displayName: "Passwordless PostgreSQL on Azure",
  provider: "azure",
  tags: ["azure", "postgresql", "entra"],
  policies: [...rules],
});
