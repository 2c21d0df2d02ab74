import * as pulumi from "@pulumi/pulumi";
import { EntraPrincipal, type EntraPrincipalArgs } from "entra-postgres";
import { ControlPrincipal } from "./controlPrincipal.ts";

const config = new pulumi.Config();
const Resource = config.get("lifecycle") === "control" ? ControlPrincipal : EntraPrincipal;

/** One role for each set of arguments. */
export const messages = config
  .requireObject<{ name: string; args: EntraPrincipalArgs; protect?: boolean }[]>("roles")
  .map(({ name, args, protect }) => new Resource(name, args, { protect: protect ?? false }).message);
