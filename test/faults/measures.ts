import { rmSync } from "node:fs";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { temporaryDirectory } from "../sandbox/testServer.ts";
import { outcomes } from "./engineCommands.ts";
import { engineSide } from "./engineSide.ts";
import type { Measure } from "./report.ts";
import { standInSide } from "./standInSide.ts";

/** What `make faults` takes beside the rows, by name. Each is given the run's seed. */
export const MEASURES: Record<string, (seed: number) => Promise<Omit<Measure, "name">>> = {
  "engine's stand-in": async () => {
    const dir = temporaryDirectory();
    try {
      const real = await outcomes(await engineSide(join(dir, "engine")));
      const ours = await outcomes(standInSide(join(dir, "standIn")));
      const others = real.filter((one, at) => !isDeepStrictEqual(one, ours[at]));
      return {
        what: "commands that lead a resource through every way it can go: what is called and kept, beside the real engine",
        tried: real.length,
        asTheyShould: real.length - others.length,
        notes: others.map(({ command }) => `otherwise at ${command}`),
      };
    } finally {
      rmSync(dir, { recursive: true, force: true });
    }
  },
};
