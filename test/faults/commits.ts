import type { SeenMessage } from "./cutting.ts";

/**
 * Finds the message that commits a role: COMMIT, or the Sync that ends a statement outside of a transaction.
 * It follows what it is shown, so each try needs a new one.
 */
export class Commits {
  /** Connections with a transaction open. */
  readonly #open = new Set<number>();
  /** Connections that make a role outside of a transaction. */
  readonly #alone = new Set<number>();
  /** Connections on which a commit was sent and not answered. */
  readonly #sent = new Set<number>();

  /** Whether this message asks for the commit. Has to be shown every message. */
  isSent({ connection, direction, type, text }: SeenMessage): boolean {
    if (direction !== "toServer") {
      return false;
    }
    if (type === "Query" && text === "BEGIN") {
      this.#open.add(connection);
    }
    if (type === "Parse" && text?.includes("pgaadauth_create_principal") && !this.#open.has(connection)) {
      this.#alone.add(connection);
    }
    const sent = type === "Query" ? text === "COMMIT" : type === "Sync" && this.#alone.delete(connection);
    if (sent) {
      this.#sent.add(connection);
    }
    return sent;
  }

  /** Whether this message tells that it was committed. Has to be shown every message, in place of {@link Commits.isSent}. */
  isAnswered(message: SeenMessage): boolean {
    this.isSent(message);
    const { connection, direction, type } = message;
    return direction === "toClient" && type === "CommandComplete" && this.#sent.delete(connection);
  }
}
