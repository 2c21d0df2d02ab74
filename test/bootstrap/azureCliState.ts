/** Everything the stand-in for `az` knows. */
export interface State {
  /** null: nobody is logged in. */
  login: { name: string; type: string } | null;
  subscriptions: { id: string; name: string; tenantId: string }[];
  registered: string[];
  /** By ARM id in lower case. */
  resources: Record<string, Record<string, unknown>>;
  /** Entra groups. */
  groups: { id: string; displayName: string; securityEnabled: boolean; members: string[] }[];
  definitions: { id: string; name: string; roleName: string; roleType: string; [key: string]: unknown }[];
  assignments: { principalId: string; principalType: string; roleDefinitionId: string; scope: string }[];
  /** Ids that are handed out next. */
  counter: number;
  calls: { command: string; argv: string[] }[];
  /** Commands that fail so many times, after so many that do not. */
  failures: { command: string; skip: number; times: number; says: string }[];
  /** A command that never ends, and who is told when it has begun. */
  hold?: string;
  onHold?: () => void;
}

/** An error as `az` reports it; code 3 is what is not there. */
export class AzError extends Error {
  readonly code: number;
  constructor(message: string, code = 1) {
    super(message);
    this.code = code;
  }
}

/** A subscription and a login, and nothing else. */
export function emptyState(): State {
  return {
    login: { name: "ada@example.com", type: "user" },
    subscriptions: [{ id: SUBSCRIPTION, name: "Sandbox", tenantId: "99999999-0000-0000-0000-000000000001" }],
    registered: ["Microsoft.Compute", "Microsoft.Authorization"],
    resources: {},
    groups: [],
    definitions: [],
    assignments: [],
    counter: 0,
    calls: [],
    failures: [],
  };
}

export const SUBSCRIPTION = "11111111-2222-3333-4444-555555555555";
/** Object id of who is logged in. */
export const OPERATOR = "aaaaaaaa-0000-0000-0000-00000000000a";

/** An id that nothing else has. */
export function newId(state: State): string {
  return `bbbbbbbb-0000-4000-8000-${String(++state.counter).padStart(12, "0")}`;
}
