import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { parseEnv } from "node:util";
import { databaseService } from "../../clients/systemd/databaseService.ts";
import { ClientContext, ServingClient } from "./clientContext.ts";

interface WrittenFile {
  path: string;
  permissions: string;
  content: string;
}

/** The value of a line of a unit. */
function setting(unit: string, name: string): string {
  const [, value] = new RegExp(`^${name}=(.*)$`, "m").exec(unit) ?? [];
  assert.ok(value, `the unit has no ${name}`);
  return value;
}

test("systemd: the deployed service waits for its role and serves until SIGTERM", async () => {
  const context = await ClientContext.open(86_400, "missing");
  let child: ChildProcess | undefined;
  try {
    const { PGHOST = "", PGPORT, PGUSER = "", PGSSLROOTCERT = "" } = context.environment;
    const config = databaseService({
      name: "orders",
      host: PGHOST,
      port: Number(PGPORT),
      database: "app",
      user: PGUSER,
    });
    const root = join(context.server.dir, "vm");
    const files = config.write_files as WrittenFile[];
    for (const { path, permissions, content } of files) {
      const file = join(root, path);
      mkdirSync(dirname(file), { recursive: true });
      // The test has its own certificate authority in place of Ubuntu's.
      writeFileSync(file, content.replace("/etc/ssl/certs/ca-certificates.crt", PGSSLROOTCERT));
      chmodSync(file, Number.parseInt(permissions, 8));
    }
    const unit = files.find(({ path }) => path === "/etc/systemd/system/orders.service")?.content ?? "";
    assert.deepEqual(config.runcmd, [
      ["systemctl", "daemon-reload"],
      ["systemctl", "enable", "--now", "orders.service"],
    ]);
    const [program = "", ...args] = setting(unit, "ExecStart").split(" ");
    const { PATH, AZURE_POD_IDENTITY_AUTHORITY_HOST, NO_PROXY } = context.environment;
    // As systemd starts it: without input, and with the variables of the file. The others are those of the sandbox.
    child = spawn(join(root, program), args, {
      env: {
        ...{ PATH, AZURE_POD_IDENTITY_AUTHORITY_HOST, NO_PROXY },
        ...parseEnv(readFileSync(join(root, setting(unit, "EnvironmentFile")), "utf8")),
      },
      stdio: ["ignore", "pipe", "pipe"],
    });
    const service = new ServingClient(child);
    await service.until("two refused logins", () => context.refusals.length >= 2);
    assert.match(service.output, /waiting for role client-vm: /);
    assert.ok(!service.printed("serving"), service.output);
    await context.createRole();
    await service.until("it serves", () => service.printed("serving") && context.logins >= 3);
    child.kill("SIGTERM");
    const { exitCode, output } = await service.ended;
    assert.equal(exitCode, 0, output);
    assert.match(output, /"failed": 0/);
    assert.equal(output.match(/waiting for/g)?.length, 1, output);
  } finally {
    child?.kill("SIGKILL");
    await context.close();
  }
});
