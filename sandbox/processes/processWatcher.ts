// Ends a process tree when the process that started it is gone. It learns of that by its standard input: the pipe's other end
// closes however that process ends, SIGKILL included. Run by ProcessTree; takes the tree's mark as its only argument.
import { createInterface } from "node:readline";
import { endProcesses, findProcesses, kill } from "./processTree.ts";

const [mark] = process.argv.slice(2);
const sessions = new Set<number>();
let released = false;

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => {});

for await (const line of createInterface({ input: process.stdin })) {
  const [word, pid] = line.split(" ");
  if (word === "session") sessions.add(Number(pid));
  if (word === "release") released = true;
}

if (!released && mark !== undefined) {
  for (const session of sessions) kill(-session, "SIGINT");
  // Short: whoever the commands talked to is gone, there is little left to finish in good order.
  await endProcesses(() => findProcesses(mark, sessions), 1);
}
