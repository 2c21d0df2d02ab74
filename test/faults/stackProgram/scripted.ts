import { appendFileSync, existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Lifecycle } from "../stack.ts";

/** Inputs of the resource; `dir` holds the script and the record of calls. */
export interface ScriptedInputs {
  value: string;
  /** Another one replaces the resource. */
  key: string;
  dir: string;
}

/** What goes wrong, for the next operations. */
export interface Script {
  create?: "fails" | "failsAfterwards";
  update?: "fails" | "failsAfterwards";
  delete?: "fails";
  read?: "fails" | "gone" | "changed";
  check?: "refuses";
  createBeforeDelete?: true;
}

const script = ({ dir }: ScriptedInputs): Script => {
  const file = join(dir, "script.json");
  return existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : {};
};
const called = (inputs: ScriptedInputs, text: string) => appendFileSync(join(inputs.dir, "calls"), `${text}\n`);
const text = ({ key, value }: ScriptedInputs) => `${key}=${value}`;

function fail(kind: "fails" | "failsAfterwards" | undefined, inputs: ScriptedInputs): void {
  if (kind === "fails") {
    throw new Error("as the script says");
  }
  if (kind === "failsAfterwards") {
    const error = { id: inputs.key, properties: { ...inputs, made: true }, reasons: ["as the script says"] };
    throw Object.assign(new Error("as the script says, afterwards"), error);
  }
}

const functions = {
  check: async (olds: ScriptedInputs, news: ScriptedInputs) => {
    called(news, `check ${olds.key ? `${text(olds)}${"made" in olds ? " outputs" : ""}` : "nothing"} -> ${text(news)}`);
    const refused = script(news).check === "refuses";
    return { inputs: news, failures: refused ? [{ property: "value", reason: "as the script says" }] : [] };
  },
  diff: async (_id: string, olds: ScriptedInputs, news: ScriptedInputs) => {
    called(news, `diff ${text(olds)} -> ${text(news)}`);
    return {
      changes: text(olds) !== text(news),
      replaces: olds.key === news.key ? [] : ["key"],
      deleteBeforeReplace: script(news).createBeforeDelete !== true,
    };
  },
  create: async (inputs: ScriptedInputs) => {
    called(inputs, `create ${text(inputs)}`);
    fail(script(inputs).create, inputs);
    return { id: inputs.key, outs: { ...inputs, made: true } };
  },
  read: async (id: string, props: ScriptedInputs) => {
    called(props, `read ${text(props)}`);
    const { read } = script(props);
    fail(read === "fails" ? read : undefined, props);
    return read === "gone" ? {} : { id, props: read === "changed" ? { ...props, value: "by hand" } : props };
  },
  update: async (_id: string, olds: ScriptedInputs, news: ScriptedInputs) => {
    called(news, `update ${text(olds)} -> ${text(news)}`);
    fail(script(news).update, news);
    return { outs: { ...news, made: true } };
  },
  remove: async (_id: string, props: ScriptedInputs) => {
    called(props, `delete ${text(props)}`);
    fail(script(props).delete, props);
  },
};

/** A provider that writes down how it is called, and fails as a file says. */
export const scripted = functions as unknown as Lifecycle;
