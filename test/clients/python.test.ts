import { testClient } from "./promises.ts";
import { PYTHON_CLIENT as cwd, pythonEnvironment } from "./pythonEnvironment.ts";

const client = (library: string) => () => ({
  command: [pythonEnvironment(), "main.py", "--with", library] as [string, ...string[]],
  cwd,
});

testClient("Python, pool", client("pool"));
// The refusals are explained by code that both libraries share.
testClient("Python, sqlalchemy", client("sqlalchemy"), ["the usual refusals are explained"]);
