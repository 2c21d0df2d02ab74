import * as pulumi from "@pulumi/pulumi";
import { EntraPrincipal, type EntraPrincipalArgs } from "entra-postgres";
import { ControlPrincipal } from "./controlPrincipal.ts";

const config = new pulumi.Config();
const Resource = config.get("lifecycle") === "control" ? ControlPrincipal : EntraPrincipal;

/** One role of the stack; `after` names another, and until that one is made this one's server and identity are unknown. */
interface Role {
  name: string;
  args: EntraPrincipalArgs & { host: string; objectId: string };
  protect?: boolean;
  after?: string;
}

const made = new Map<string, EntraPrincipal | ControlPrincipal>();
for (const { name, args, protect, after } of config.requireObject<Role[]>("roles")) {
  const { host, objectId } = args;
  const first = after === undefined ? undefined : made.get(after)?.message;
  const late = first && {
    host: first.apply((): string => host),
    objectId: first.apply((): string => objectId),
  };
  made.set(name, new Resource(name, { ...args, ...late }, { protect: protect ?? false }));
}

export const messages = [...made.values()].map(({ message }) => message);
