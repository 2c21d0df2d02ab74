import type { ErrorTable } from "./entry.ts";

/** What is wrong with a stack's configuration, or with the Node.js that runs the program. */
export const CONFIG_ERRORS = {
  "EP-CONFIG-01": {
    title: "A value is not allowed",
    meaning: "The value of a key, or of a part of one, has the wrong type or form. The error says what is allowed.",
    next: "run the command that the error shows, with a value of yours",
  },
  "EP-CONFIG-02": {
    title: "A value is missing",
    meaning: "The key has no default here, other keys make it necessary, or its default would not be allowed.",
    next: "run the command that the error shows, with a value of yours",
  },
  "EP-CONFIG-03": {
    title: "A key is unknown",
    meaning: "The program reads no key of this name, so the value would be ignored without a word.",
    next: "correct the name, or remove the key with the command that the error shows",
  },
  "EP-CONFIG-04": {
    title: "Two values do not fit together",
    meaning: "Each of them is allowed. Azure or PostgreSQL would refuse them together, often only after minutes.",
    next: "change one of the two keys that the error names",
  },
  "EP-CONFIG-05": {
    title: "A value is there twice",
    meaning: "Names of applications, VMs, schemas and administrators are unique, and so are addresses in a list.",
    next: "rename or remove one of the two entries that the error names",
  },
  "EP-CONFIG-06": {
    title: "A key belongs to another project",
    meaning:
      "The CLI puts the project's name before a key. After the project was renamed, the program would ignore the keys of the old name.",
    next: "run the commands that the error shows: they move the keys to this project",
  },
  "EP-CONFIG-07": {
    title: "An address is still the example's",
    meaning: "The address is from a block that is reserved for documentation (RFC 5737). Nobody can connect from it.",
    next: "run the command that the error shows, with the public IPv4 address that you deploy from",
  },
  "EP-CONFIG-08": {
    title: "A file cannot be used",
    meaning: "The file is missing, or does not hold what the key is for. Paths are relative to the project's folder.",
    next: "run the command that the error shows, with the path of such a file",
  },
  "EP-CONFIG-09": {
    title: "Node.js is too old",
    meaning: "The program is TypeScript that Node.js 24 and later run as it is. An older one comes first on the PATH.",
    next: 'run `PATH="$PWD/node_modules/.bin:$PATH" pulumi up`, which uses the Node.js that came with the dependencies',
    outside: [{ text: /ERR_UNKNOWN_FILE_EXTENSION/ }],
  },
} as const satisfies ErrorTable;
