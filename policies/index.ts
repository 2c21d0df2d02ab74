import { PolicyPack } from "@pulumi/policy";
import { rules } from "./rules.ts";

new PolicyPack("entra-postgres", {
  displayName: "Passwordless PostgreSQL on Azure",
  provider: "azure",
  tags: ["azure", "postgresql", "entra"],
  policies: [...rules],
});
