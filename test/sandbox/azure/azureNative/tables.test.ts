import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { before, describe, test } from "node:test";
import ts from "typescript";
import { pathParameters } from "../../../../sandbox/azure/azureNative/engine/armId.ts";
import { FUNCTIONS } from "../../../../sandbox/azure/azureNative/engine/functions.ts";
import * as resources from "../../../../sandbox/azure/azureNative/engine/resourceGroupType.ts";
import type { Property, ResourceType } from "../../../../sandbox/azure/azureNative/engine/schema.ts";
import * as logs from "../../../../sandbox/azure/azureNative/logs/types.ts";
import * as managedIdentity from "../../../../sandbox/azure/azureNative/machines/managedIdentity.ts";
import * as compute from "../../../../sandbox/azure/azureNative/machines/types.ts";
import * as privateDns from "../../../../sandbox/azure/azureNative/network/privateDns.ts";
import * as privateLink from "../../../../sandbox/azure/azureNative/network/privateLink.ts";
import * as network from "../../../../sandbox/azure/azureNative/network/types.ts";
import * as dbForPostgresql from "../../../../sandbox/azure/azureNative/servers/types.ts";

const SDK = join(import.meta.dirname, "../../../../node_modules/@pulumi/azure-native");
const TYPES: ResourceType[] = Object.values({
  ...resources,
  ...network,
  ...privateLink,
  ...privateDns,
  ...managedIdentity,
  ...logs,
  ...compute,
  ...dbForPostgresql,
}).filter((exported): exported is ResourceType => typeof exported === "object" && "token" in exported);

/** What an interface of the SDK says about a property. */
interface SdkProperty {
  required: boolean;
  /** The interface behind it, `module.Name`, where it is an object or an array of objects. */
  ref: string | undefined;
}
type SdkInterface = Map<string, SdkProperty>;

describe("the tables of azure-native's types agree with the SDK", () => {
  let nested: Map<string, SdkInterface>;
  before(() => {
    nested = readNestedInterfaces();
  });

  for (const type of TYPES) {
    const { module, className, file } = locate(type.token);

    test(`${type.token}: every input, no other, and what the SDK requires is required`, () => {
      const args = readInterface(file, `${className}Args`);
      const problems = compare(type.token, args, type.inputs, type.notEmulated ?? [], nested, module);
      // A name that the SDK leaves to autonaming is filled in before the check, and a location too.
      assert.deepEqual(problems, []);
    });

    test(`${type.token}: every output and no other`, () => {
      assert.deepEqual([...type.outputs].sort(), readOutputs(file, className).sort());
    });

    test(`${type.token}: the API version, and the path parameters are inputs that replace`, () => {
      assert.ok(
        readFileSync(file, "utf8").includes(`API version ${type.apiVersion}.`),
        "the SDK uses another API version",
      );
      for (const name of pathParameters(type.path)) assert.equal(type.inputs[name]?.replaces, true, name);
      assert.match(type.source, /^specification\/.+\.json$/);
    });
  }

  for (const [token, facts] of Object.entries(FUNCTIONS)) {
    test(`${token}: every argument and no other`, () => {
      const { className: name, file } = locate(token);
      const interfaceName = `${name[0]?.toUpperCase()}${name.slice(1)}Args`;
      const hasArguments = readFileSync(file, "utf8").includes(`interface ${interfaceName} `);
      const args = hasArguments ? readInterface(file, interfaceName) : new Map<string, SdkProperty>();
      const names = (required: boolean) => [...args].filter(([, one]) => one.required === required).map(([key]) => key);
      assert.deepEqual([...facts.required].sort(), names(true).sort());
      assert.deepEqual([...facts.optional].sort(), names(false).sort());
    });
  }
});

test("a difference between a table and the SDK is found", () => {
  const args: SdkInterface = new Map([
    ["kept", { required: true, ref: undefined }],
    ["forgotten", { required: false, ref: undefined }],
  ]);
  const table: Record<string, Property> = { kept: { kind: "string" }, invented: { kind: "string" } };
  assert.deepEqual(compare("T", args, table, [], new Map(), "m"), [
    "T.kept is required in the SDK",
    "T.invented is not in the SDK",
    "T.forgotten is in the SDK alone",
  ]);
});

function compare(
  path: string,
  sdk: SdkInterface,
  properties: Readonly<Record<string, Property>>,
  notEmulated: readonly string[],
  nested: ReadonlyMap<string, SdkInterface>,
  module: string,
): string[] {
  const problems: string[] = [];
  for (const [name, property] of Object.entries(properties)) {
    const found = sdk.get(name);
    if (found === undefined) {
      problems.push(`${path}.${name} is not in the SDK`);
      continue;
    }
    if (found.required && !property.required) problems.push(`${path}.${name} is required in the SDK`);
    const object = property.kind === "array" ? property.items : property;
    if (object?.kind !== "object") continue;
    const inner = nested.get(found.ref ?? "");
    if (inner === undefined) problems.push(`${path}.${name} is no object in the SDK`);
    else {
      problems.push(
        ...compare(`${path}.${name}`, inner, object.properties ?? {}, object.notEmulated ?? [], nested, module),
      );
    }
  }
  for (const name of notEmulated) if (!sdk.has(name)) problems.push(`${path}.${name} is not in the SDK`);
  for (const name of sdk.keys()) {
    if (!(name in properties) && !notEmulated.includes(name)) problems.push(`${path}.${name} is in the SDK alone`);
  }
  return problems;
}

function locate(token: string): { module: string; className: string; file: string } {
  const [, module = "", className = ""] = token.split(":");
  const file = join(SDK, module, `${className[0]?.toLowerCase()}${className.slice(1)}.d.ts`);
  assert.ok(existsSync(file), file);
  return { module, className, file };
}

function parse(file: string): ts.SourceFile {
  return ts.createSourceFile(file, readFileSync(file, "utf8"), ts.ScriptTarget.Latest, true);
}

function readInterface(file: string, name: string): SdkInterface {
  const found = parse(file).statements.find(
    (statement): statement is ts.InterfaceDeclaration =>
      ts.isInterfaceDeclaration(statement) && statement.name.text === name,
  );
  assert.ok(found, `${file} has no interface ${name}`);
  return membersOf(found);
}

function readOutputs(file: string, className: string): string[] {
  const found = parse(file).statements.find(ts.isClassDeclaration);
  assert.equal(found?.name?.text, className);
  return found.members.filter(ts.isPropertyDeclaration).map((member) => member.name.getText());
}

/** The interfaces of the modules that the tables use, by `module.Name`. Parsed module by module: the file has 7 MB. */
function readNestedInterfaces(): Map<string, SdkInterface> {
  const text = readFileSync(join(SDK, "types/input.d.ts"), "utf8");
  const interfaces = new Map<string, SdkInterface>();
  for (const module of new Set(TYPES.map((type) => locate(type.token).module))) {
    const start = text.indexOf(`export declare namespace ${module} {`);
    assert.ok(start >= 0, module);
    const source = ts.createSourceFile(
      module,
      text.slice(start, text.indexOf("\n}", start) + 2),
      ts.ScriptTarget.Latest,
      true,
    );
    const visit = (node: ts.Node): void => {
      if (ts.isInterfaceDeclaration(node)) interfaces.set(`${module}.${node.name.text}`, membersOf(node));
      else ts.forEachChild(node, visit);
    };
    visit(source);
  }
  return interfaces;
}

function membersOf(declaration: ts.InterfaceDeclaration): SdkInterface {
  return new Map(
    declaration.members.filter(ts.isPropertySignature).map((member) => [
      member.name.getText(),
      {
        required: member.questionToken === undefined,
        ref: /inputs\.(\w+\.\w+)/.exec(member.type?.getText() ?? "")?.[1],
      },
    ]),
  );
}
