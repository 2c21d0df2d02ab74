import { isDeepStrictEqual } from "node:util";
import proto from "@pulumi/pulumi/proto/provider_pb.js";
import type { Props } from "./propertyValues.ts";

/** A difference: names of the properties that change, and of those whose change replaces the resource. */
export interface Difference {
  changes: boolean;
  replaces: string[];
  diffs: string[];
  deleteBeforeReplace?: boolean;
}

/** What was compared. */
export interface Compared {
  oldInputs: Props;
  oldOutputs: Props;
  news: Props;
}

/** The engine's message for a difference. Each property is named with its kind of change: otherwise the engine shows no change of a secret. */
export function diffResponse(diff: Difference, compared: Compared): proto.DiffResponse {
  const { DIFF_SOME, DIFF_NONE } = proto.DiffResponse.DiffChanges;
  const response = new proto.DiffResponse();
  response.setChanges(diff.changes ? DIFF_SOME : DIFF_NONE);
  response.setReplacesList(diff.replaces);
  response.setDiffsList(diff.diffs);
  response.setDeletebeforereplace(diff.deleteBeforeReplace ?? false);
  const replaces = new Set(diff.replaces);
  for (const name of new Set([...diff.diffs, ...replaces])) {
    response.getDetaileddiffMap().set(name, propertyDiff(name, compared, replaces.has(name)));
    response.setHasdetaileddiff(true);
  }
  return response;
}

/** One property's change: against the old input where the input differs, else against the last output. */
function propertyDiff(name: string, { oldInputs, oldOutputs, news }: Compared, replaces: boolean): proto.PropertyDiff {
  const { ADD, ADD_REPLACE, DELETE, DELETE_REPLACE, UPDATE, UPDATE_REPLACE } = proto.PropertyDiff.Kind;
  const ofInputs = !isDeepStrictEqual(oldInputs[name], news[name]);
  const before = ofInputs ? oldInputs[name] : oldOutputs[name];
  const response = new proto.PropertyDiff();
  response.setInputdiff(ofInputs);
  if (isAbsent(before)) response.setKind(replaces ? ADD_REPLACE : ADD);
  else if (isAbsent(news[name])) response.setKind(replaces ? DELETE_REPLACE : DELETE);
  else response.setKind(replaces ? UPDATE_REPLACE : UPDATE);
  return response;
}

function isAbsent(value: unknown): boolean {
  return value === undefined || value === null;
}
