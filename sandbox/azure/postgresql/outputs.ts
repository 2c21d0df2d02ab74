import { type Props, UNKNOWN } from "../providerHost.ts";
import { DEFAULTS, isOwnName } from "./checkInputs.ts";
import { changed, type ResourceType } from "./resourceType.ts";

/** What the engine is told of a difference. */
export interface Difference {
  changes: boolean;
  replaces: string[];
  diffs: string[];
  deleteBeforeReplace?: boolean;
}

/** What is wanted: the inputs, the defaults, and for what the server chooses its earlier choice. */
export function wantedState(type: ResourceType, inputs: Props, before: Props): Props {
  const { [DEFAULTS]: _, ...wanted } = inputs;
  for (const [name, property] of Object.entries(type.properties)) {
    const otherwise = property.computed ? before[name] : property.default;
    if (wanted[name] === undefined && otherwise !== undefined) wanted[name] = otherwise;
  }
  return wanted;
}

/** The outputs before there is a resource: what the server will choose is not known. */
export function previewState(type: ResourceType, inputs: Props, before: Props): Props {
  const state = wantedState(type, inputs, before);
  for (const [name, property] of Object.entries(type.properties)) {
    if (property.computed && state[name] === undefined) state[name] = UNKNOWN;
  }
  return state;
}

/** The outputs: without optional properties that are empty and that the program did not give. */
export function outputsOf(type: ResourceType, state: Props, inputs: Props): Props {
  const outputs: Props = {};
  for (const [name, property] of Object.entries(type.properties)) {
    const value = state[name];
    const kept = property.required || property.computed || property.default !== undefined || inputs[name] !== undefined;
    if (value !== undefined && (kept || changed(property, undefined, value))) outputs[name] = value;
  }
  return outputs;
}

/** The inputs after a refresh: the same ones, with what the server has. For an import, all that it has. */
export function inputsOf(type: ResourceType, outputs: Props, before: Props): Props {
  const imported = Object.keys(before).length === 0;
  const names = Object.keys(imported ? type.properties : before);
  const inputs: Props = imported ? { [DEFAULTS]: [] } : {};
  for (const name of names) {
    const refused = type.properties[name]?.refused !== undefined;
    if (outputs[name] !== undefined && !refused) inputs[name] = outputs[name];
  }
  return inputs;
}

/**
 * Compares what is wanted with what the server had when it was last read. A replacement deletes first where the type says so, and
 * where the program gives the name, since the two cannot exist at once.
 * Source: pulumi-terraform-bridge, `nameRequiresDeleteBeforeReplace`.
 */
export function difference(type: ResourceType, before: Props, inputs: Props): Difference {
  const diffs = Object.entries(type.properties)
    .filter(([name, property]) => {
      const after = inputs[name] ?? property.default;
      if (after === undefined && property.computed) return false;
      return holdsUnknown(after) || changed(property, before[name], after);
    })
    .map(([name]) => name);
  const replaces = diffs.filter((name) => type.properties[name]?.replaces);
  const givenName = "name" in type.properties && !isOwnName(inputs);
  const first = replaces.length > 0 && (type.deleteBeforeReplace === true || givenName);
  return { changes: diffs.length > 0, replaces, diffs, ...(first ? { deleteBeforeReplace: true } : {}) };
}

function holdsUnknown(value: unknown): boolean {
  return value === UNKNOWN || (Array.isArray(value) && value.includes(UNKNOWN));
}
