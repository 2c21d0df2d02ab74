import { dynamic } from "@pulumi/pulumi";

/** A resource of nothing, protected where PROTECT is set, and gone from the program where GONE is. */
class Thing extends dynamic.Resource {}

const provider: dynamic.ResourceProvider = {
  async create() {
    return { id: "thing", outs: {} };
  },
};

if (!process.env.GONE)
  new Thing(provider, "thing", {}, { protect: Boolean(process.env.PROTECT) }, "explained", "Thing");
