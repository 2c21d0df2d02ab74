import { type Difference, type Props, UNKNOWN } from "../providerHost.ts";
import { DEFAULTS, isOwnName } from "./checkInputs.ts";
import { changed, type Found, type ResourceType, texts } from "./resourceType.ts";

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

/**
 * The state after a creation or an update. A set is what was wanted: what the server has in its place shows at the next refresh.
 * Source: hashicorp/terraform-plugin-sdk v2, helper/schema/grpc_provider.go (`normalizeNullValues`).
 */
export function appliedState(type: ResourceType, { id, state }: Found, wanted: Props): Props {
  const sets = Object.keys(wanted).filter((name) => type.properties[name]?.unordered);
  return { ...state, ...Object.fromEntries(sets.map((name) => [name, wanted[name]])), id };
}

/** The outputs: without optional properties that are empty and that the program did not give. */
export function outputsOf(type: ResourceType, state: Props, inputs: Props): Props {
  // A renamed resource keeps its id in the engine's books until a refresh; this one is always that of the server.
  const outputs: Props = { id: state.id };
  for (const [name, property] of Object.entries(type.properties)) {
    const value = property.unordered ? sorted(state[name]) : state[name];
    const shown = property.required || property.computed || property.shown || property.default !== undefined;
    const kept = shown || inputs[name] !== undefined;
    const isEmpty = Array.isArray(value) && value.length === 0 && !property.computed;
    if (value !== undefined && !isEmpty && (kept || changed(property, undefined, value))) outputs[name] = value;
  }
  return outputs;
}

/**
 * The inputs after a refresh: the same ones, with what the server has; what is no default any more loses that mark, and an empty
 * list of marks goes. For an import, all that the server has.
 */
export function inputsOf(type: ResourceType, outputs: Props, before: Props): Props {
  const isImport = Object.keys(before).length === 0;
  const inputs: Props = isImport ? { [DEFAULTS]: [] } : {};
  for (const [name, property] of Object.entries(type.properties)) {
    if (property.refused !== undefined || !(isImport || name in before)) continue;
    const old = before[name];
    // An empty array is no output; as an input it stays.
    const value = outputs[name] ?? (Array.isArray(old) && old.length === 0 ? old : undefined);
    if (value !== undefined) inputs[name] = value;
  }
  const kept = texts(before, DEFAULTS).filter((name) => !changed(type.properties[name], before[name], inputs[name]));
  return kept.length > 0 ? { ...inputs, [DEFAULTS]: kept } : inputs;
}

/**
 * Compares the inputs with the last known state of the server. A replacement deletes first where the type says so, and
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

function sorted(set: unknown): unknown {
  return Array.isArray(set) ? [...new Set(set)].sort() : set;
}
