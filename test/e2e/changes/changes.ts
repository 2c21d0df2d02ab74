import type { Change } from "./change.ts";
import { MEMBER_CHANGES } from "./memberChanges.ts";
import { NAME_CHANGES } from "./nameChanges.ts";
import { NETWORK_CHANGES } from "./networkChanges.ts";
import { REMOVALS } from "./removals.ts";
import { SERVER_CHANGES } from "./serverChanges.ts";
import { STATE_CHANGES } from "./stateChanges.ts";

/** All changes that are tried, in the order of docs/changes.md. */
export const CHANGES: readonly Change[] = [
  ...NAME_CHANGES,
  ...MEMBER_CHANGES,
  ...REMOVALS,
  ...SERVER_CHANGES,
  ...NETWORK_CHANGES,
  ...STATE_CHANGES,
];
