/** `components/package.json`, as far as the published one is made of it. */
export interface Workspace {
  name: string;
  description: string;
  version: string;
  license: string;
  type: string;
  exports: Record<string, string>;
  dependencies: Record<string, string>;
  devDependencies?: Record<string, string>;
}

/** The package.json that is published: compiled files, and the Pulumi packages as the program's own. */
export function publishedManifest(workspace: Workspace): Record<string, unknown> {
  const { exports, dependencies, devDependencies: _, ...same } = workspace;
  const isPulumi = ([name]: [string, string]) => name.startsWith("@pulumi/");
  const peers = Object.entries(dependencies).filter(isPulumi);
  return {
    ...same,
    keywords: ["pulumi", "azure", "postgresql", "entra", "managed-identity", "passwordless"],
    engines: { node: ">=22.12" },
    sideEffects: false,
    bin: { "entra-postgres": "dist/commandLine.js" },
    exports: { ...Object.fromEntries(Object.entries(exports).map(compiled)), "./package.json": "./package.json" },
    files: ["dist", "README.md", "LICENSE", "CHANGELOG.md"],
    dependencies: Object.fromEntries(Object.entries(dependencies).filter((one) => !isPulumi(one))),
    // One copy of each: resources of a second copy of the SDK are no resources for the first.
    peerDependencies: Object.fromEntries(peers),
    // What needs no Pulumi, such as the errors, works without them.
    peerDependenciesMeta: Object.fromEntries(peers.map(([name]) => [name, { optional: true }])),
  };
}

function compiled([entry, file]: [string, string]): [string, { types: string; default: string }] {
  const base = file.replace(/^\.\//, "./dist/").replace(/\.ts$/, "");
  return [entry, { types: `${base}.d.ts`, default: `${base}.js` }];
}
