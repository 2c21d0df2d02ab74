import { rmSync } from "node:fs";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { temporaryDirectory } from "../harness/testServer.ts";
import { outcomes } from "./engineCommands.ts";
import { engineSide } from "./engineSide.ts";
import { measureInDoubt } from "./inDoubt.ts";
import { emulatorSide } from "./lifecycleSide.ts";
import { measureModel } from "./model.ts";
import { measureGuards } from "./mutation.ts";
import { measureNames } from "./names.ts";
import { measureGrants } from "./parallelGrants.ts";
import { measureRace } from "./race.ts";
import type { Measure } from "./report.ts";
import { measureSchemaModel } from "./schemaModel.ts";
import { measureSweep } from "./sweep.ts";

/** The measures that `make faults` takes in addition to the rows, by name. Each is given the run's seed. */
export const MEASURES: Record<string, (seed: number) => Promise<Omit<Measure, "name">>> = {
  "crash sweep, reset": () => measureSweep("reset"),
  "crash sweep, kill": () => measureSweep("kill"),
  "in-doubt commits": measureInDoubt,
  "guards taken away": measureGuards,
  "random histories": measureModel,
  "random changes of a schema": measureSchemaModel,
  "hostile names": measureNames,
  "grants side by side": measureGrants,
  races: measureRace,
  "engine's emulator": async () => {
    const dir = temporaryDirectory();
    try {
      const real = await outcomes(await engineSide(join(dir, "engine")));
      const ours = await outcomes(emulatorSide(join(dir, "emulator")));
      const others = real.filter((one, at) => !isDeepStrictEqual(one, ours[at]));
      return {
        what: "commands that lead a resource through every way it can go: which functions are called and what the state holds, compared with the real engine",
        tried: real.length,
        asTheyShould: real.length - others.length,
        notes: others.map(({ command }) => `differs at ${command}`),
      };
    } finally {
      rmSync(dir, { recursive: true, force: true });
    }
  },
};
