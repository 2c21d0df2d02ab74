import { readFileSync } from "node:fs";
import { join } from "node:path";

const PROJECT = join(import.meta.dirname, "../..");

/**
 * The notes of a release: the section of CHANGELOG.md for its version.
 *
 * @param tag `v` and the version of components/package.json
 * @throws {Error} for another version, and without a section
 */
export function releaseNotes(tag: string, { version, changelog }: { version: string; changelog: string }): string {
  if (tag !== `v${version}`) {
    throw new Error(
      `The tag is ${tag}, and components/package.json has version ${version}. Tag v${version}, or change the version first.`,
    );
  }
  const sections = changelog.split(/^## /m).map((text) => text.split("\n"));
  const [, ...lines] = sections.find(([title = ""]) => title.split(" ")[0] === version) ?? [];
  const section = lines.join("\n").trim();
  if (section === "") throw new Error(`CHANGELOG.md has no section "## ${version}". Rename "## Unreleased" to it.`);
  return section;
}

if (import.meta.main) {
  const { version } = JSON.parse(readFileSync(join(PROJECT, "components/package.json"), "utf8"));
  const changelog = readFileSync(join(PROJECT, "CHANGELOG.md"), "utf8");
  console.log(releaseNotes(process.argv[2] ?? "", { version, changelog }));
}
