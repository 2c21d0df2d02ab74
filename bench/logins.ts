import type { Program } from "../tools/harness/program.ts";
import type { Comparison } from "./sideBySide.ts";

const RUNS = 20;
/** The VM of one of the sandbox stack's applications; its identity and its role have the same name. */
const MACHINE = "reports-vm";

/** What a login as a VM's identity takes: with a token asked for each time, and with one that is kept until it nears its end. */
export async function loginComparisons(program: Program): Promise<Comparison[]> {
  const machine = program.sandbox.azure.virtualMachines().get(MACHINE);
  const [identity] = program.sandbox.directory.findByName(MACHINE);
  if (!machine || !identity) throw new Error(`The program made no VM ${MACHINE}.`);
  const ask = () => program.machineToken(machine.imds.url, identity.clientId);
  const kept = await ask();
  const login = (token: string) => program.queryAs(MACHINE, token, "SELECT 1", "app");
  return [
    {
      what: "a login: a token asked of the metadata service each time, or kept until it nears its end",
      ways: [
        { name: "asked", run: async () => login(await ask()) },
        { name: "kept", run: () => login(kept) },
      ],
      runs: RUNS,
    },
  ];
}
