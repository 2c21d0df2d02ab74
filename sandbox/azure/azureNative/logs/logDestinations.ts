import { randomUUID } from "node:crypto";
import { listAt, objectAt, textAt } from "../../properties/values.ts";
import type { ArmContext } from "../engine/armContext.ts";
import { nameInId } from "../engine/armId.ts";
import type { Behaviour } from "../engine/behaviour.ts";
import { requireReference } from "../engine/requireReference.ts";
import { DIAGNOSTIC_SETTING, WORKSPACE } from "../resourceTypes.ts";

/** Log Analytics workspaces. Nothing is kept in them: logs are no part of what is emulated. */
export function workspaces(): Behaviour {
  return {
    type: WORKSPACE,
    async put({ inputs, existing }) {
      const now = new Date().toISOString();
      return {
        state: {
          customerId: existing?.state.customerId ?? randomUUID(),
          createdDate: existing?.state.createdDate ?? now,
          modifiedDate: now,
          sku: { name: textAt(inputs, "sku.name") ?? "PerGB2018" },
          retentionInDays: inputs.retentionInDays ?? 30,
          features: { enableLogAccessUsingOnlyResourcePermissions: true, ...objectAt(inputs, "features") },
          publicNetworkAccessForIngestion: inputs.publicNetworkAccessForIngestion ?? "Enabled",
          publicNetworkAccessForQuery: inputs.publicNetworkAccessForQuery ?? "Enabled",
        },
      };
    },
  };
}

/** Diagnostic settings. One category goes to one workspace once. */
export function diagnosticSettings(context: ArmContext): Behaviour {
  return {
    type: DIAGNOSTIC_SETTING,
    async put({ id, inputs }) {
      const workspaceId = String(inputs.workspaceId);
      requireReference(context.store, WORKSPACE, workspaceId, { error: "WorkspaceNotFound", user: nameInId(id) });
      return { state: { workspaceId, logs: listAt(inputs, "logs"), metrics: listAt(inputs, "metrics") } };
    },
  };
}
