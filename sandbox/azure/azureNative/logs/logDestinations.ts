import { randomUUID } from "node:crypto";
import type { ArmContext } from "../engine/armContext.ts";
import { nameInId } from "../engine/armId.ts";
import type { Behaviour } from "../engine/behaviour.ts";
import { requireReference } from "../engine/requireReference.ts";
import { DIAGNOSTIC_SETTING, WORKSPACE } from "../resourceTypes.ts";

/** Log Analytics workspaces. They stay empty: the sandbox does not emulate logs. */
export function workspaces(): Behaviour {
  return {
    type: WORKSPACE,
    async put({ existing }) {
      const now = new Date().toISOString();
      return {
        state: {
          customerId: existing?.state.customerId ?? randomUUID(),
          createdDate: existing?.state.createdDate ?? now,
          modifiedDate: now,
        },
      };
    },
  };
}

/** Diagnostic settings. */
export function diagnosticSettings(context: ArmContext): Behaviour {
  return {
    type: DIAGNOSTIC_SETTING,
    async put({ id, inputs }) {
      const workspaceId = String(inputs.workspaceId);
      requireReference(context.store, WORKSPACE, workspaceId, { error: "WorkspaceNotFound", user: nameInId(id) });
      return {};
    },
  };
}
