/** A value as it stands in a stack output. */
type Value = string | number | boolean | readonly string[] | null | undefined;

/** How the receipt's fields are called in the table, in the order of the table. */
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

/** The receipt of the connection check as a table, one fact a line. Fields it does not know are shown under their own name. */
export function receiptTable(receipt: Readonly<Record<string, Value>>): string {
  const known = Object.keys(LABELS).filter((key) => receipt[key] !== undefined);
  const other = Object.keys(receipt).filter((key) => !(key in LABELS));
  return table([...known, ...other].map((key) => [LABELS[key] ?? key, shown(key, receipt[key])]));
}

/** What every client needs. */
const CONNECTION_FACTS = ["host", "port", "database", "user", "clientId"];

/** The connection details as a table: what every client needs, and the names of the forms for each kind of client. */
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

/** Aligned rows; a value of several lines keeps its lines, each under the first. */
function table(rows: readonly (readonly [string, string])[]): string {
  const width = Math.max(0, ...rows.map(([label]) => label.length));
  return rows
    .map(
      ([label, value]) => `  ${label.padEnd(width)}  ${value.trimEnd().replaceAll("\n", `\n${" ".repeat(width + 4)}`)}`,
    )
    .join("\n");
}
