import { textAt } from "../../properties/values.ts";
import type { ArmContext } from "../engine/armContext.ts";
import { ArmError } from "../engine/armError.ts";
import { nameInId } from "../engine/armId.ts";
import type { Behaviour } from "../engine/behaviour.ts";
import { systemData } from "../engine/systemData.ts";
import { requireRunning, serverIdOf } from "./serverContents.ts";
import { SYSTEM_DATABASES } from "./servers.ts";
import { DATABASE } from "./types.ts";

/** Databases. */
export function databases(context: ArmContext): Behaviour {
  const { operations, services } = context;
  return {
    type: DATABASE,
    async put({ id, names, inputs, existing }) {
      const { host } = requireRunning(context, id);
      const name = names.databaseName ?? "";
      const charset = textAt(inputs, "charset") ?? textAt(existing?.state, "charset") ?? "UTF8";
      const collation = textAt(inputs, "collation") ?? textAt(existing?.state, "collation") ?? "en_US.utf8";
      if (existing && (charset !== existing.state.charset || collation !== existing.state.collation)) {
        throw new ArmError(
          409,
          "DatabaseAlreadyExists",
          `The database '${name}' already exists with charset ${existing.state.charset} and collation ${existing.state.collation}.`,
          'PostgreSQL sets them on creation: keep them, or set the resource option `replaceOnChanges: ["charset", "collation"]`.',
        );
      }
      if (!existing) {
        await operations.run(serverIdOf(id), `database ${name}`, () => host.createDatabase(name, charset, collation));
      }
      return { state: { charset, collation, systemData: systemData(existing, services.deployer) } };
    },
    mayDelete({ id }) {
      if (!SYSTEM_DATABASES.includes(nameInId(id))) return;
      throw new ArmError(
        400,
        "InvalidParameterValue",
        `The system database '${nameInId(id)}' cannot be deleted.`,
        "Take it out of the program's state: pulumi state delete <urn>",
      );
    },
    async remove(database, withParent) {
      if (withParent) return;
      const name = nameInId(database.id);
      const { host } = requireRunning(context, database.id);
      await operations.run(serverIdOf(database.id), `deletion of database ${name}`, () => host.dropDatabase(name));
    },
  };
}
