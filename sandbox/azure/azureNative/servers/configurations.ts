import { textAt } from "../../properties/values.ts";
import type { Props } from "../../providerHost.ts";
import type { ArmContext } from "../engine/armContext.ts";
import { ArmError } from "../engine/armError.ts";
import { nameInId } from "../engine/armId.ts";
import type { Behaviour } from "../engine/behaviour.ts";
import { systemData } from "../engine/systemData.ts";
import { requireRunning, serverIdOf } from "./serverContents.ts";
import { CONFIGURATION } from "./types.ts";

/** What PostgreSQL shows and nobody can set. Source: the PostgreSQL documentation, "Preset Options". */
const READ_ONLY = new Set([
  "block_size",
  "data_checksums",
  "data_directory_mode",
  "debug_assertions",
  "huge_pages_status",
  "in_hot_standby",
  "integer_datetimes",
  "max_function_args",
  "max_identifier_length",
  "max_index_keys",
  "num_os_semaphores",
  "segment_size",
  "server_encoding",
  "server_version",
  "server_version_num",
  "shared_memory_size",
  "shared_memory_size_in_huge_pages",
  "ssl_library",
  "wal_block_size",
  "wal_segment_size",
]);

/** Server parameters. They are always there: making the resource sets one, deleting it sets the default again. */
export function configurations(context: ArmContext): Behaviour {
  const { operations, services } = context;
  return {
    type: CONFIGURATION,
    async put({ id, names, inputs, existing }) {
      const name = names.configurationName ?? "";
      const { host } = requireRunning(context, id);
      const current = await host.getConfiguration(name);
      if (current === undefined) throw unknownParameter(id, name);
      if (READ_ONLY.has(name)) throw readOnly(name, current.value);
      const value = textAt(inputs, "value") ?? current.defaultValue;
      await operations.run(serverIdOf(id), `parameter ${name}`, () => host.setConfiguration(name, value));
      const state = answer(value, current.defaultValue, textAt(inputs, "source") ?? "user-override");
      return { state: { ...state, systemData: systemData(existing, services.deployer) } };
    },
    async get(configuration) {
      const { host } = requireRunning(context, configuration.id);
      const current = await host.getConfiguration(nameInId(configuration.id));
      return current && { ...configuration.state, value: current.value, defaultValue: current.defaultValue };
    },
    async remove(configuration, withParent) {
      if (withParent) return;
      const name = nameInId(configuration.id);
      const { host } = requireRunning(context, configuration.id);
      await operations.run(serverIdOf(configuration.id), `reset of parameter ${name}`, () =>
        host.resetConfiguration(name),
      );
    },
  };
}

function answer(value: string, defaultValue: string, source: string): Props {
  return { value, source, defaultValue, isReadOnly: false, isConfigPendingRestart: false };
}

function unknownParameter(id: string, name: string): ArmError {
  return new ArmError(
    404,
    "ConfigurationNotExists",
    `The configuration '${name}' does not exist for server '${nameInId(serverIdOf(id))}'.`,
    "See the names with: psql -c 'select name from pg_settings'. The sandbox has none of Azure's own parameters.",
  );
}

function readOnly(name: string, value: string): ArmError {
  return new ArmError(
    400,
    "ConfigurationIsReadOnly",
    `The configuration '${name}' is read-only and is '${value}'.`,
    "Take it out of the server's parameters.",
  );
}
