import { textAt } from "../../properties/values.ts";
import type { ArmContext } from "../engine/armContext.ts";
import { ArmError } from "../engine/armError.ts";
import { nameInId } from "../engine/armId.ts";
import type { Behaviour } from "../engine/behaviour.ts";
import { CONFIGURATION } from "../resourceTypes.ts";
import { serverChild } from "./serverChild.ts";
import { requireRunning, serverIdOf } from "./serverContents.ts";

/** What PostgreSQL shows and nobody can set. Source: the PostgreSQL documentation, "Preset Options". */
const READ_ONLY = new Set(
  `block_size data_checksums data_directory_mode debug_assertions
  huge_pages_status in_hot_standby integer_datetimes max_function_args
  max_identifier_length max_index_keys num_os_semaphores segment_size
  server_encoding server_version server_version_num shared_memory_size
  shared_memory_size_in_huge_pages ssl_library wal_block_size wal_segment_size`.split(/\s+/),
);

/** Server parameters. They are always there: creating the resource sets one, deleting it sets the default again. */
export function configurations(context: ArmContext): Behaviour {
  return serverChild(context, {
    type: CONFIGURATION,
    what: "parameter",
    async plan({ id, host, name, inputs }) {
      const current = await host.getConfiguration(name);
      if (current === undefined) throw unknownParameter(id, name);
      if (READ_ONLY.has(name)) throw readOnly(name, current.value);
      const { defaultValue } = current;
      const value = textAt(inputs, "value") ?? defaultValue;
      const source = textAt(inputs, "source") ?? "user-override";
      const state = { value, source, defaultValue, isReadOnly: false, isConfigPendingRestart: false };
      return { state, apply: () => host.setConfiguration(name, value) };
    },
    async get({ id, state }) {
      const current = await requireRunning(context, id).host.getConfiguration(nameInId(id));
      return current && { ...state, value: current.value, defaultValue: current.defaultValue };
    },
    remove: ({ host, name }) => host.resetConfiguration(name),
  });
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
