import { textAt } from "../../properties/values.ts";
import type { ArmContext } from "../engine/armContext.ts";
import { armError } from "../engine/armError.ts";
import { nameInId } from "../engine/armId.ts";
import type { Behaviour } from "../engine/behaviour.ts";
import { CONFIGURATION } from "../resourceTypes.ts";
import { serverChild } from "./serverChild.ts";
import { requireRunning, serverIdOf } from "./serverContents.ts";

/** Read-only parameters of PostgreSQL. Source: the PostgreSQL documentation, "Preset Options". */
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
      if (current === undefined) throw armError("ConfigurationNotExists", { name, server: nameInId(serverIdOf(id)) });
      if (READ_ONLY.has(name)) throw armError("ConfigurationIsReadOnly", { name, value: current.value });
      const { defaultValue } = current;
      const value = textAt(inputs, "value") ?? defaultValue;
      return { state: { value, defaultValue }, apply: () => host.setConfiguration(name, value) };
    },
    async get({ id, state }) {
      const current = await requireRunning(context, id).host.getConfiguration(nameInId(id));
      return current && { ...state, value: current.value, defaultValue: current.defaultValue };
    },
    remove: ({ host, name }) => host.resetConfiguration(name),
  });
}
