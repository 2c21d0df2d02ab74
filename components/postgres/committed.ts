import { type Session, withAdminSession } from "./adminSession.ts";
import { InDoubt, type Operation, perform, type Try } from "./operation.ts";

/**
 * Performs an operation that commits. When the outcome stays unknown, the error carries the id and the properties: the engine stores
 * them, and the next `up` reads what is there and completes the work.
 */
export async function committed<T>(
  operation: Operation,
  { id, outs }: { id: string; outs: () => object },
  work: (session: Session, one: Try) => Promise<T>,
): Promise<T> {
  try {
    const result = await perform(operation, (one) =>
      withAdminSession(operation.inputs, one.deadline, (session) => work(session, one)),
    );
    return result as T;
  } catch (error) {
    if (error instanceof InDoubt) {
      throw Object.assign(error, { id, properties: outs(), reasons: [error.message] });
    }
    throw error;
  }
}
