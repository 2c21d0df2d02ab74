import * as pulumi from "@pulumi/pulumi";
import type { ScriptedInputs } from "./scripted.ts";

// By name, because what the engine stores must capture nothing; a resource's delete knows no more than its properties.
type Inputs = ScriptedInputs & { provider: string };

const provider: pulumi.dynamic.ResourceProvider<Inputs, Inputs> = {
  check: async (olds, news) => (await import(news.provider)).scripted.check(olds, news),
  diff: async (id, olds, news) => (await import(news.provider)).scripted.diff(id, olds, news),
  create: async (inputs) => (await import(inputs.provider)).scripted.create(inputs),
  read: async (id, props) => (await import((props as Inputs).provider)).scripted.read(id, props),
  update: async (id, olds, news) => (await import(news.provider)).scripted.update(id, olds, news),
  delete: async (id, props) => (await import(props.provider)).scripted.remove(id, props),
};

class Scripted extends pulumi.dynamic.Resource {
  constructor(name: string, args: Inputs) {
    super(provider, name, { ...args });
  }
}

const inputs = new pulumi.Config().requireObject<ScriptedInputs>("inputs");
new Scripted("one", { ...inputs, provider: new URL("./scripted.ts", import.meta.url).href });
