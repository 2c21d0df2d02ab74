import { asksOncePerLife, outlivesItsTokens } from "./outlives.ts";
import { PYTHON_CLIENT as cwd, pythonEnvironment as environment, PYTHON as python } from "./pythonEnvironment.ts";
import { explainsRefusals } from "./refusals.ts";
import { testWith } from "./requirement.ts";
import { waitsForItsRole } from "./waits.ts";

for (const library of ["pool", "sqlalchemy"]) {
  const client = () => ({ command: [environment(), "main.py", "--with", library] as [string, ...string[]], cwd });
  testWith(python, `Python, ${library}: 5 connections outlive their tokens`, () => outlivesItsTokens(client()));
  testWith(python, `Python, ${library}: a token is asked for once in its life`, () => asksOncePerLife(client()));
  testWith(python, `Python, ${library}: it waits for its role`, () => waitsForItsRole(client()));
}
testWith(python, "Python: the usual refusals are explained", () =>
  explainsRefusals({ command: [environment(), "main.py"], cwd }),
);
