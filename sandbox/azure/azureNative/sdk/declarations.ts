import { readFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";

const SDK = join(import.meta.dirname, "../../../../node_modules/@pulumi/azure-native");

/** A property that the SDK declares. */
export interface DeclaredProperty {
  /** A JSON type, or the name of an interface, such as `network.SubnetArgs`. */
  type: string;
  required?: true;
  /** The property holds an array, or a map, of `type`. */
  many?: "array" | "map";
  /** The members of its enumeration. */
  values?: string[];
}

/** The properties of an interface, or of a resource's inputs or outputs, by name. */
export type DeclaredProperties = Record<string, DeclaredProperty>;

/** The SDK's declarations of some resource types and functions. */
export interface Declarations {
  resources: Record<string, { apiVersion: string; inputs: DeclaredProperties; outputs: DeclaredProperties }>;
  functions: Record<string, DeclaredProperties>;
  /** The interfaces that these refer to, directly or not. */
  interfaces: Record<string, DeclaredProperties>;
}

/** Reads the declarations of resource types and functions from the installed @pulumi/azure-native. */
export function readDeclarations(tokens: readonly string[]): Declarations {
  const found: Declarations = { resources: {}, functions: {}, interfaces: {} };
  const files = new DeclarationFiles();
  for (const token of [...tokens].sort()) {
    const [, module = "", name = ""] = token.split(":");
    const text = readFileSync(join(SDK, module, `${lowerFirst(name)}.d.ts`), "utf8");
    const source = parse(text);
    const inputs = files.propertiesOf(findInterface(source, `${upperFirst(name)}Args`));
    if (name === lowerFirst(name)) {
      found.functions[token] = inputs;
      continue;
    }
    const apiVersion = /Uses Azure REST API version ([\w-]+)\./.exec(text)?.[1] ?? "";
    const outputs = files.propertiesOf(source.statements.find(ts.isClassDeclaration));
    found.resources[token] = { apiVersion, inputs, outputs };
    files.addNested(inputs, "input", found.interfaces);
    files.addNested(outputs, "output", found.interfaces);
  }
  return found;
}

/** The files that all modules of the SDK share: nested interfaces and enumerations. Each has megabytes, so one module is parsed at a time. */
class DeclarationFiles {
  readonly #sources = new Map<string, ts.SourceFile>();

  addNested(properties: DeclaredProperties, kind: "input" | "output", interfaces: Declarations["interfaces"]): void {
    for (const { type } of Object.values(properties)) {
      const [module = "", name] = type.split(".");
      if (name === undefined || type in interfaces) continue;
      interfaces[type] = {};
      const declared = findInterface(this.#namespace(kind, module), name);
      interfaces[type] = this.propertiesOf(declared);
      this.addNested(interfaces[type], kind, interfaces);
    }
  }

  propertiesOf(declaration: ts.InterfaceDeclaration | ts.ClassDeclaration | undefined): DeclaredProperties {
    const members = [...(declaration?.members ?? [])].filter(
      (member) => ts.isPropertySignature(member) || ts.isPropertyDeclaration(member),
    );
    return Object.fromEntries(members.map((member) => [member.name.getText(), this.#property(member)]));
  }

  #property({ type, questionToken }: ts.PropertySignature | ts.PropertyDeclaration): DeclaredProperty {
    // Promises, brackets and undefined say nothing about JSON: `pulumi.Input<pulumi.Input<string>[] | undefined>` is `string[]`.
    const plain = (type?.getText() ?? "").replace(/pulumi\.(Input|Output)<|[>()\s;]|\|\s*undefined/g, "");
    const many = plain.endsWith("[]") ? "array" : plain.startsWith("{") ? "map" : undefined;
    const item = plain.replace(/\[\]$|^\{\[key:string\]:|\}$/g, "");
    const [enumeration] = item.match(/(?<=enums\.)\w+\.\w+/) ?? [];
    const literal = /^"(.*)"$/.exec(item)?.[1];
    const values = enumeration ? this.#enumeration(enumeration) : literal === undefined ? undefined : [literal];
    return {
      type: values ? "string" : item.replace(/^(in|out)puts\./, ""),
      ...(questionToken ? {} : { required: true }),
      ...(many ? { many } : {}),
      ...(values ? { values } : {}),
    };
  }

  #enumeration(reference: string): string[] {
    const [module = "", name = ""] = reference.split(".");
    const file = join(SDK, "types/enums", module, "index.d.ts");
    const [, body = ""] =
      new RegExp(`declare const ${name}: \\{(.*?)\\n\\s*\\};`, "s").exec(readFileSync(file, "utf8")) ?? [];
    return [...body.matchAll(/readonly \w+: "(.*)";/g)].map((match) => match[1] ?? "");
  }

  #namespace(kind: "input" | "output", module: string): ts.SourceFile {
    const key = `${kind}:${module}`;
    const known = this.#sources.get(key);
    if (known) return known;
    const text = readFileSync(join(SDK, `types/${kind}.d.ts`), "utf8");
    const start = text.indexOf(`export declare namespace ${module} {`);
    const source = parse(text.slice(start, text.indexOf("\n}", start) + 2));
    this.#sources.set(key, source);
    return source;
  }
}

function parse(text: string): ts.SourceFile {
  return ts.createSourceFile("declarations.d.ts", text, ts.ScriptTarget.Latest, true);
}

function findInterface(node: ts.Node, name: string): ts.InterfaceDeclaration | undefined {
  if (ts.isInterfaceDeclaration(node) && node.name.text === name) return node;
  return ts.forEachChild(node, (child) => findInterface(child, name));
}

function lowerFirst(name: string): string {
  return `${name[0]?.toLowerCase()}${name.slice(1)}`;
}

function upperFirst(name: string): string {
  return `${name[0]?.toUpperCase()}${name.slice(1)}`;
}
