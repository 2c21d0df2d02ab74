import { table } from "./table.ts";

/** A value of a stack output. */
type Value = string | number | boolean | readonly string[] | null | undefined;

/** The labels of the receipt's fields, in the order of the table. */
const LABELS: Readonly<Record<string, string>> = {
  createdRole: "Role",
  sessionUser: "Logged in as",
  currentUser: "Acts as",
  database: "Database",
  objectId: "Object id",
  clientId: "Client id",
  serverVersion: "Server",
  tlsVersion: "TLS",
  tokenSecondsLeft: "Token valid for",
  isAdmin: "Administrator",
  secondsTaken: "Time taken",
  allowed: "Allowed",
  denied: "Denied",
};

/** The receipt of the connection check as a table. Unknown fields have their name as the label. */
export function receiptTable(receipt: Readonly<Record<string, Value>>): string {
  const known = Object.keys(LABELS).filter((key) => receipt[key] !== undefined);
  const other = Object.keys(receipt).filter((key) => !(key in LABELS));
  return table([...known, ...other].map((key) => [LABELS[key] ?? key, shown(key, receipt[key])]));
}

const CONNECTION_FACTS = ["host", "port", "database", "user", "clientId"];

/** The connection details as a table: the settings of every client, and the names of the forms for each kind of client. */
export function connectionTable(connection: Readonly<Record<string, Value>>): string {
  const facts = CONNECTION_FACTS.filter((key) => key in connection);
  const forms = Object.keys(connection).filter((key) => !CONNECTION_FACTS.includes(key));
  const rows = facts.map((key) => [key, shown(key, connection[key])] as const);
  return table(forms.length === 0 ? rows : [...rows, ["as well as", forms.join(", ")]]);
}

function shown(key: string, value: Value): string {
  if (value === null || value === undefined) return "-";
  if (typeof value === "object") return value.join("\n") || "-";
  if (typeof value === "boolean") return value ? "yes" : "no";
  if (key === "tokenSecondsLeft") return duration(Number(value));
  if (key === "secondsTaken") return `${value} s`;
  return String(value);
}

function duration(seconds: number): string {
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor((seconds % 3600) / 60)];
  if (seconds < 60) return `${seconds} s`;
  return hours > 0 ? `${hours} h ${minutes} min` : `${minutes} min`;
}
