import { textAt } from "../../properties/values.ts";
import type { ArmContext } from "../engine/armContext.ts";
import { armError } from "../engine/armError.ts";
import { nameInId } from "../engine/armId.ts";
import type { Behaviour } from "../engine/behaviour.ts";
import { DATABASE } from "../resourceTypes.ts";
import { serverChild } from "./serverChild.ts";
import { SYSTEM_DATABASES } from "./servers.ts";

/** Databases. */
export function databases(context: ArmContext): Behaviour {
  return serverChild(context, {
    type: DATABASE,
    what: "database",
    plan({ name, host, inputs, existing }) {
      const charset = textAt(inputs, "charset") ?? textAt(existing?.state, "charset") ?? "UTF8";
      const collation = textAt(inputs, "collation") ?? textAt(existing?.state, "collation") ?? "en_US.utf8";
      const state = { charset, collation };
      if (!existing) return { state, apply: () => host.createDatabase(name, charset, collation) };
      if (charset === existing.state.charset && collation === existing.state.collation) return { state };
      throw armError("DatabaseAlreadyExists", {
        name,
        charset: existing.state.charset,
        collation: existing.state.collation,
      });
    },
    mayDelete({ id }) {
      if (!SYSTEM_DATABASES.includes(nameInId(id))) return;
      throw armError("SystemDatabase", { name: nameInId(id) });
    },
    remove: ({ host, name }) => host.dropDatabase(name),
  });
}
