// Which directory may import which; and no cycles, type-only imports included. `make lint` runs it.

/** The project's directories, each with those that it may import beside itself. `test` may import all of them. */
const MAY_IMPORT = {
  bench: ["components", "tools"],
  bootstrap: ["components", "tools"],
  clients: ["components"],
  components: [],
  delivery: ["components", "tools"],
  examples: ["components"],
  policies: ["components", "tools"],
  program: ["components"],
  sandbox: ["components", "tools"],
  tools: [],
};

/** The package's files that load no provider, for the policy pack. */
const PROVIDER_FREE = "^components/(access/profiles\\.ts$|environments/|errors/|connectionDetails/shellQuote\\.ts$)";

const rule = (name, comment, from, to) => ({
  name,
  comment,
  severity: "error",
  from,
  to,
});

const PROJECT = `^(${[...Object.keys(MAY_IMPORT), "test"].join("|")})/|^index\\.ts$`;

/** @type {import("dependency-cruiser").IConfiguration} */
export default {
  forbidden: [
    rule("no-cycle", "A file can be understood without the files that import it.", {}, { circular: true }),
    ...Object.entries(MAY_IMPORT).map(([directory, others]) =>
      rule(
        `direction-of-${directory}`,
        `${directory} may import: ${[directory, ...others].join(", ")}.`,
        { path: `^${directory}/`, pathNot: "^tools/harness/" },
        { path: PROJECT, pathNot: `^(${[directory, ...others].join("|")})/` },
      ),
    ),
    rule(
      "direction-of-harness",
      "The harness, which test and bench share, may import: tools, sandbox, components.",
      { path: "^tools/harness/" },
      { path: PROJECT, pathNot: "^(tools|sandbox|components)/" },
    ),
    rule(
      "direction-of-program-file",
      "index.ts may import: program, components.",
      { path: "^index\\.ts$" },
      { path: PROJECT, pathNot: "^(program|components)/" },
    ),
    rule(
      "provider-free-policies",
      "Of the package the policy pack imports only what loads no provider.",
      { path: "^policies/" },
      { path: "^components/", pathNot: PROVIDER_FREE },
    ),
    rule(
      "no-provider-in-policies",
      "The policy pack starts without any provider's SDK.",
      { path: "^policies/" },
      { path: "node_modules/@pulumi/(azure-native|azuread|command|postgresql)/", reachable: true },
    ),
  ],
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.json" },
    doNotFollow: { path: "node_modules" },
    exclude: { path: "^policies/bin/" },
    enhancedResolveOptions: { exportsFields: ["exports"], conditionNames: ["import", "node", "default"] },
  },
};
