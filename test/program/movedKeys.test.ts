import assert from "node:assert/strict";
import { test } from "node:test";
import { refusalOf, settingsOf } from "./settings.ts";

const get = (key: string) => `"$(pulumi config get --stack test old-name:${key})"`;

test("keys of another project are refused alone, with the commands that move them", async () => {
  const message = await refusalOf(
    {
      "old-name:location": "northeurope",
      "old-name:apps": [{ name: "orders", profile: "reader" }],
      "old-name:adminName": "hush",
      sshPort: "abc",
    },
    { secret: ["old-name:adminName"] },
  );
  assert.match(message, /has 3 keys of another project/);
  assert.doesNotMatch(message, /sshPort|hush|northeurope/);
  for (const [key, secret] of [
    ["location", ""],
    ["apps", ""],
    ["adminName", "--secret "],
  ] as const) {
    const lines = [
      `  old-name:${key}`,
      `    set:     pulumi config set --stack test ${secret}${key} ${get(key)}`,
      `    remove:  pulumi config rm --stack test old-name:${key}`,
      "    code:    EP-CONFIG-06",
    ];
    assert.ok(message.includes(lines.join("\n")), message);
  }
});

test("a key that this project has, too, is only to be removed", async () => {
  const message = await refusalOf({ "old-name:location": "northeurope", location: "eastus" });
  assert.match(message, /old-name:location\n {4}remove: .*\n {4}code: /);
  // The default of Pulumi.yaml is not a value of the stack.
  assert.match(await refusalOf({ "old-name:location": "northeurope", location: "swedencentral" }), /set: /);
});

test("a provider's own keys and unknown keys of others are left alone", async () => {
  const others = { "azure-native:location": "eastus", "azure-native:environment": "usgovernment", "other:thing": "1" };
  assert.equal((await settingsOf(others)).location, "swedencentral");
});
