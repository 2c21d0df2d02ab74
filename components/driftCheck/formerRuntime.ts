import { UserError } from "../errors/userError.ts";

/**
 * What a refresh of a stack of an older version calls: its `FirewallGuard` and `AdministratorGuard` name this module in the state.
 *
 * @throws {UserError} EP-DRIFT-05, always
 */
export async function read(): Promise<never> {
  throw new UserError({
    code: "EP-DRIFT-05",
    step: "refreshing a check of the firewall or the administrators",
    expected: "a state of this version",
    found: "a FirewallGuard or AdministratorGuard, which an older version wrote",
  });
}
