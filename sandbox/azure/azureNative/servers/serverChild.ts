import type { Props } from "../../providerHost.ts";
import type { ArmContext, ServerHost } from "../engine/armContext.ts";
import { nameInId } from "../engine/armId.ts";
import type { Behaviour, PutRequest } from "../engine/behaviour.ts";
import type { ArmResource } from "../engine/resourceStore.ts";
import { requireRunning } from "./serverContents.ts";

/** A request to create or change something in a server that runs. */
export interface ChildRequest extends PutRequest {
  server: ArmResource;
  host: ServerHost;
  /** The child's own name. */
  name: string;
}

/** The state to answer, and the work on the server that makes it true. */
export interface ChildChange {
  state: Props;
  /** @default none: the server has it already */
  apply?(): Promise<void> | void;
}

/** The differences between the types of resource in a server. */
export interface ServerChild extends Pick<Behaviour, "type" | "get" | "mayDelete"> {
  /** The words for it in messages, such as "firewall rule". */
  what: string;
  /** Checks a request before the server is looked for. @throws ArmError as Azure refuses it */
  require?(id: string): void;
  /** Checks a request and returns its change. @throws ArmError as Azure refuses it */
  plan(request: ChildRequest): Promise<ChildChange> | ChildChange;
  /** Removes it from the server; a deletion of the whole server does not ask for that. */
  remove(request: Pick<ChildRequest, "server" | "host" | "name" | "id">): Promise<void> | void;
}

/** The behaviour of a type whose resources live in a server: each change is one operation on the server. */
export function serverChild(context: ArmContext, child: ServerChild): Behaviour {
  const { type, get, mayDelete, what } = child;
  return {
    type,
    ...(get ? { get } : {}),
    ...(mayDelete ? { mayDelete } : {}),
    async put(request) {
      child.require?.(request.id);
      const running = requireRunning(context, request.id);
      const name = nameInId(request.id);
      const { state, apply } = await child.plan({ ...request, ...running, name });
      if (apply) await context.operations.run(running.server.id, `${what} ${name}`, async () => apply());
      return { state };
    },
    async remove({ id }, withParent) {
      if (withParent) return;
      const running = requireRunning(context, id);
      const name = nameInId(id);
      const remove = async () => child.remove({ ...running, name, id });
      await context.operations.run(running.server.id, `deletion of ${what} ${name}`, remove);
    },
  };
}
