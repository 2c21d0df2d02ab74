import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { describe, test } from "node:test";
import { ENVIRONMENTS } from "../../bootstrap/environments.ts";
import { CONFIG, RecordedProgram } from "./recordedProgram.ts";

const CREDENTIAL = "azure-native:managedidentity:FederatedIdentityCredential";

/** `credentials` counts those that the program still creates; destroy's waits for deploy's, since both are of one identity. */
const CASES = [
  { environment: "drift", type: "branch", pattern: "release/*", credentials: 3 },
  { environment: "deploy", type: "tag", pattern: "main", credentials: 2 },
];

/**
 * Runs the program where GitHub reports another policy of an environment, until it has refused that and created the other credentials, or created all. In
 * a process of its own, which the refusal would end.
 */
function runWith({ environment, type, pattern, credentials }: (typeof CASES)[number]) {
  const fixture = new URL("./recordedProgram.ts", import.meta.url).href;
  const otherPolicies = JSON.stringify({ [environment]: [{ type, pattern }] });
  const script = `
    const { CONFIG, RecordedProgram } = await import(${JSON.stringify(fixture)});
    const errors = [];
    process.on("unhandledRejection", (error) => errors.push(error.message));
    const program = new RecordedProgram();
    RecordedProgram.run(CONFIG, { otherPolicies: ${otherPolicies} }, program).catch((error) => errors.push(error.message));
    const subjects = () => program.all(${JSON.stringify(CREDENTIAL)}).map(({ inputs }) => inputs.subject);
    setInterval(() => {
      const isRefused = errors.length > 0 && subjects().length >= ${credentials};
      if (!isRefused && subjects().length < ${ENVIRONMENTS.length}) return;
      console.log(JSON.stringify({ errors, subjects: subjects() }));
      process.exit(0);
    }, 100);`;
  const { stdout, stderr } = spawnSync(process.execPath, ["--input-type=module", "-e", script], { encoding: "utf8" });
  assert.match(stdout, /^\{/m, stderr);
  return JSON.parse(stdout.trim().split("\n").at(-1) ?? "") as { errors: string[]; subjects: string[] };
}

describe("a GitHub environment that more can use than its branches", () => {
  for (const refused of CASES) {
    const { environment, type, pattern } = refused;
    test(`${environment}, open to ${type} ${pattern}, is not trusted`, () => {
      const { errors, subjects } = runWith(refused);
      assert.ok(
        errors.some((error) => error.includes(`also ${type} ${pattern}\n`) && error.includes("EP-BOOT-02")),
        errors.join("\n"),
      );
      assert.ok(!subjects.some((subject) => subject.endsWith(`:environment:${environment}`)), subjects.join());
    });
  }

  test("a first preview shows what every credential will trust", async () => {
    const program = await RecordedProgram.run(CONFIG, { preview: true });
    assert.equal(program.all(CREDENTIAL).length, 4);
    for (const { inputs } of program.all(CREDENTIAL)) assert.match(String(inputs.subject), /:environment:\w+$/);
  });
});
