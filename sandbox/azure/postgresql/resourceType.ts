import { escapeIdentifier } from "pg";
import type { Property as BaseProperty } from "../properties/property.ts";
import type { Props } from "../providerHost.ts";
import type { Server } from "./connection.ts";

/** A property, and how the plugin shows it. */
export interface Property extends BaseProperty {
  /** The server chooses a value where the program gives none, and that value is no difference. */
  computed?: true;
  /** The outputs always have it, as "" or 0 where nothing is set. */
  shown?: true;
  /** The order and the repetition of an array's items do not count. */
  unordered?: true;
}

/** A resource as it is on the server. */
export interface Found {
  id: string;
  state: Props;
}

/** One type of resource: its properties, and what each operation does on the server. */
export interface ResourceType {
  token: string;
  properties: Readonly<Record<string, Property>>;
  /** Whether `pulumi import` supports the type. */
  importable: boolean;
  /** Whether a replacement always deletes first. */
  deleteBeforeReplace?: true;
  /** Creates what is wanted. The emulator reads it afterwards. */
  create(server: Server, wanted: Props): Promise<void>;
  /** @param state the last known state; for an import it is empty and only the id counts */
  read(server: Server, id: string, state: Props): Promise<Found | undefined>;
  update(server: Server, before: Props, wanted: Props): Promise<void>;
  delete(server: Server, state: Props): Promise<void>;
  /** Why the resource may be missing after a creation or an update. @default something else removed it */
  whyMissing?(wanted: Props): string;
}

/** A text property. @default "" */
export function text(props: Props, name: string): string {
  const value = props[name];
  return typeof value === "string" ? value : "";
}

/** A text property as an SQL identifier. */
export function quoted(props: Props, name: string): string {
  return escapeIdentifier(text(props, name));
}

/** A number property. @throws Error when it is not an integer, so that it can be written into SQL */
export function integer(props: Props, name: string, otherwise: number): number {
  const value = props[name] ?? otherwise;
  if (!Number.isSafeInteger(value)) throw new Error(`${name} is ${String(value)}; give an integer.`);
  return value as number;
}

/** A boolean property. @default false */
export function flag(props: Props, name: string): boolean {
  return props[name] === true;
}

/** An array of texts. @default [] */
export function texts(props: Props, name: string): string[] {
  const value = props[name];
  return Array.isArray(value) ? value.map(String) : [];
}

/** Whether a property's value changed; an absent value, "", 0, false and [] are equal. */
export function changed(property: Property | undefined, before: unknown, after: unknown): boolean {
  return normal(property, before) !== normal(property, after);
}

/** The properties whose value changed. */
export function changedNames({ properties }: ResourceType, before: Props, after: Props): string[] {
  return Object.keys(properties).filter((name) => changed(properties[name], before[name], after[name]));
}

function normal(property: Property | undefined, value: unknown): string {
  if (value === undefined || value === null || value === "" || value === 0 || value === false) return "";
  if (!Array.isArray(value)) return JSON.stringify(value);
  if (value.length === 0) return "";
  return JSON.stringify(property?.unordered ? [...new Set(value)].sort() : value);
}
