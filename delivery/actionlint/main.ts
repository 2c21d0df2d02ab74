// Lints the project's workflows with actionlint; gets it first where there is none.
import { findActionlint, lintWorkflows, workflowFiles } from "./actionlint.ts";

const project = new URL("../../", import.meta.url).pathname;
const found = await findActionlint({ log: (line) => console.error(line) });
if ("reason" in found) {
  console.error(found.reason);
  process.exitCode = 1;
} else {
  const { clean, output } = lintWorkflows(found.path, workflowFiles(project), project);
  if (output !== "") console.log(output);
  process.exitCode = clean ? 0 : 1;
}
