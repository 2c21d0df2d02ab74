import { textAt } from "../../properties/values.ts";
import type { ArmContext } from "../engine/armContext.ts";
import { ArmError, invalidParameter } from "../engine/armError.ts";
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
      throw new ArmError(
        409,
        "DatabaseAlreadyExists",
        `The database '${name}' already exists with charset ${existing.state.charset} and collation ${existing.state.collation}.`,
        'PostgreSQL sets them on creation: keep them, or set the resource option `replaceOnChanges: ["charset", "collation"]`.',
      );
    },
    mayDelete({ id }) {
      if (!SYSTEM_DATABASES.includes(nameInId(id))) return;
      throw invalidParameter(
        `The system database '${nameInId(id)}' cannot be deleted.`,
        "Take it out of the program's state: pulumi state delete <urn>",
      );
    },
    remove: ({ host, name }) => host.dropDatabase(name),
  });
}
