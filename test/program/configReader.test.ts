import assert from "node:assert/strict";
import { test } from "node:test";
import { commandsIn, problemsOf } from "./settings.ts";

test("commands name the stack, and its organization where it has one", async () => {
  const config = { databasePort: "abc", vmSise: "x" };
  const commands = (stack: string) => [
    `pulumi config set --stack ${stack} databasePort 5432`,
    `pulumi config rm --stack ${stack} vmSise`,
  ];
  assert.deepEqual(commandsIn(await problemsOf(config)), commands("test"));
  assert.deepEqual(commandsIn(await problemsOf(config, { stack: { organization: "acme" } })), commands("acme/test"));
});

test("values of the wrong type are all told, each with a command that makes it right", async () => {
  const text = await problemsOf({
    sshPort: "abc",
    databasePort: "0x10",
    backupRetentionDays: "7.5",
    allowedAddresses: "20.1.2.3",
    sshAllowedAddresses: ["20.1.2.3", { cidr: "20.1.2.4" }],
    moreAdministrators: { name: "on-call" },
  });
  assert.match(text, /has 6 problems/);
  assert.match(text, /sshPort is "abc"\s+allowed: a whole number from 1 to 65535/);
  assert.match(text, /databasePort is "0x10"/);
  assert.match(text, /backupRetentionDays is "7\.5"\s+allowed: a whole number from 7 to 35/);
  assert.match(text, /allowedAddresses is "20\.1\.2\.3"\s+allowed: a list, each item a text/);
  assert.match(text, /sshAllowedAddresses\[1\] is "{\\"cidr\\":\\"20\.1\.2\.4\\"}"\s+allowed: a text/);
  assert.match(
    text,
    /moreAdministrators is .*\s+allowed: a list, each item an object with the keys objectId, name, type/,
  );
  assert.deepEqual(commandsIn(text).toSorted(), [
    "pulumi config rm --stack test --path 'sshAllowedAddresses[1]'",
    "pulumi config set --stack test --path 'allowedAddresses[0]' 198.51.100.7",
    "pulumi config set --stack test --path 'moreAdministrators[0].objectId' 11111111-2222-3333-4444-555555555555",
    "pulumi config set --stack test backupRetentionDays 7",
    "pulumi config set --stack test databasePort 5432",
    "pulumi config set --stack test sshPort 22",
  ]);
});

test("a value that the stack keeps as a secret is not printed, nor a part of one, nor what is made of it", async () => {
  const text = await problemsOf({ vmName: "not a name!" }, { secret: ["vmName"] });
  assert.match(text, /vmName is \[secret\]/);
  assert.doesNotMatch(text, /not a name/);
  const parts = await problemsOf(
    {
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
      moreAdministrators: ["a", "b"].map((letter) => ({
        objectId: `${letter.repeat(8)}-2222-3333-4444-555555555555`,
        name: "hush",
        type: "hush",
      })),
    },
    { secret: ["apps", "allowedAddresses", "moreAdministrators", "vmName"] },
  );
  assert.match(parts, /apps\[0\]\.profile is \[secret\]/);
  assert.doesNotMatch(parts.replaceAll("].hush", "]"), /hush|7\.7\.7/);
});

test("whoever follows the commands from the first to the last removes and sets what is meant", async () => {
  const addresses = ["20.1.2.3", "20.1.2.3", "everywhere", "20.1.2.3/32"];
  assert.deepEqual(commandsIn(await problemsOf({ allowedAddresses: addresses })), [
    "pulumi config set --stack test --path 'allowedAddresses[2]' 198.51.100.7",
    "pulumi config rm --stack test --path 'allowedAddresses[3]'",
    "pulumi config rm --stack test --path 'allowedAddresses[1]'",
  ]);
});

test("a value is one word of the command's shell", async () => {
  const admins = ["O'Hara (on call)", "O'Hara (on call)"].map((name, index) => ({
    objectId: `${index}1111111-2222-3333-4444-555555555555`,
    name,
    type: "User",
  }));
  assert.deepEqual(commandsIn(await problemsOf({ moreAdministrators: admins })), [
    String.raw`pulumi config set --stack test --path 'moreAdministrators[1].name' 'O'\''Hara (on call)-2'`,
  ]);
});
