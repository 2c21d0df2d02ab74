import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { type Circumstances, commandsOf, reportsOf } from "./settings.ts";

const GUID = "1111111-2222-3333-4444-555555555555";
const admins = (...names: string[]) =>
  names.map((name, index) => ({ objectId: `${index}${GUID}`, name, type: "User" }));

describe("commands of a refused configuration", () => {
  const rows: [name: string, config: Record<string, unknown>, commands: string[], circumstances?: Circumstances][] = [
    ["name the stack", { sshPort: "abc", vmSise: "x" }, ["set --stack test sshPort 22", "rm --stack test vmSise"]],
    [
      "name the organization where there is one",
      { sshPort: "abc" },
      ["set --stack acme/test sshPort 22"],
      { stack: { organization: "acme" } },
    ],
    [
      "make a list of what is none",
      { allowedAddresses: "20.1.2.3", apps: "orders", moreAdministrators: { name: "on-call" } },
      [
        `set --stack test --path 'moreAdministrators[0].objectId' 1${GUID}`,
        "set --stack test --path 'apps[0].name' orders",
        "set --stack test --path 'allowedAddresses[0]' 198.51.100.7",
      ],
    ],
    [
      "remove items from the last to the first",
      { allowedAddresses: ["20.1.2.3", "20.1.2.3", "everywhere", "20.1.2.3/32"] },
      [
        "set --stack test --path 'allowedAddresses[2]' 198.51.100.7",
        "rm --stack test --path 'allowedAddresses[3]'",
        "rm --stack test --path 'allowedAddresses[1]'",
      ],
    ],
    [
      "quote a value for the shell",
      { moreAdministrators: admins("O'Hara (on call)", "O'Hara (on call)") },
      [String.raw`set --stack test --path 'moreAdministrators[1].name' 'O'\''Hara (on call)-2'`],
    ],
    [
      "keep the default of the environment",
      { environment: "prod", backupRetentionDays: "7.5" },
      ["set --stack test backupRetentionDays 35"],
    ],
    ["propose the next larger disk", { storageSizeGb: "4000" }, ["set --stack test storageSizeGb 4095"]],
    [
      "propose the smallest disk for what is no size",
      { storageSizeGb: "plenty" },
      ["set --stack test storageSizeGb 32"],
    ],
  ];
  for (const [name, config, commands, circumstances] of rows) {
    test(name, async () => assert.deepEqual(await commandsOf(config, circumstances), commands));
  }
});

test("an unknown key gets a suggestion and the valid keys", async () => {
  const [report] = await reportsOf({ postgressVersion: "17" });
  assert.match(report?.allowed ?? "", /^unknown key, did you mean "postgresVersion"\?; valid keys: adminName, /);
  assert.equal(report?.code, "EP-CONFIG-03");
});

test("a secret value is not shown, nor a part of one, nor a proposal made of it", async () => {
  const [name] = await reportsOf({ vmName: "not a name!" }, { secret: ["vmName"] });
  assert.equal(name?.found, "[secret]");
  const config = {
    vmName: "hush",
    apps: [
      { name: "hush", profile: "hush", schema: "hush" },
      { name: "hush", profile: "reader", schema: "hush", database: `hush${"x".repeat(50)}` },
      { name: "b", profile: "reader", vmName: "hush", schema: "hush" },
      { name: "pg-hush", profile: "reader", vmName: "hush", database: "hush" },
      { name: "c", profile: "reader", hush: "hush" },
      { name: "Hush", profile: "reader" },
    ],
    allowedAddresses: ["10.7.7.7/24", "7.7.7.7", "7.7.7.7"],
    moreAdministrators: ["a", "b"].map((letter) => ({ objectId: `${letter}${GUID}`, name: "hush", type: "hush" })),
  };
  const reports = await reportsOf(config, { secret: ["apps", "allowedAddresses", "moreAdministrators", "vmName"] });
  assert.equal(reports.find(({ key }) => key === "apps[0].profile")?.found, "[secret]");
  assert.doesNotMatch(JSON.stringify(reports).replaceAll("].hush", "]"), /hush|7\.7\.7/);
});
