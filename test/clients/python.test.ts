import { test } from "node:test";
import { asksOncePerLife, outlivesItsTokens } from "./outlives.ts";
import { PYTHON_CLIENT as cwd, pythonEnvironment as environment } from "./pythonEnvironment.ts";
import { explainsRefusals } from "./refusals.ts";
import { waitsForItsRole } from "./waits.ts";

for (const library of ["pool", "sqlalchemy"]) {
  const client = () => ({ command: [environment(), "main.py", "--with", library] as [string, ...string[]], cwd });
  test(`Python, ${library}: 5 connections outlive their tokens`, () => outlivesItsTokens(client()));
  test(`Python, ${library}: a token is asked for once in its life`, () => asksOncePerLife(client()));
  test(`Python, ${library}: it waits for its role`, () => waitsForItsRole(client()));
}
test("Python: the usual refusals are explained", () => explainsRefusals({ command: [environment(), "main.py"], cwd }));
