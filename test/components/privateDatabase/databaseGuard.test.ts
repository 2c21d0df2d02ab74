import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, test } from "node:test";
import {
  create,
  diff,
  type GuardInputs,
  read,
  update,
} from "../../../components/privateDatabase/databaseGuardRuntime.ts";
import { logInAsAdministrator } from "../../harness/administratorLogin.ts";
import { TestServer } from "../../harness/testServer.ts";

// What the guard does where @pulumi/postgresql cannot log in.
let context: TestServer;
let logOut: (() => Promise<void>) | undefined;
let inputs: GuardInputs;
before(async () => {
  context = await TestServer.open();
  await context.server.createDatabase("app");
  logOut = await logInAsAdministrator(context);
  inputs = {
    host: "localhost",
    port: context.server.port,
    database: "app",
    adminUser: "admin",
    caCertFile: join(context.dir, "ca.pem"),
    deadlineSeconds: 60,
    closes: true,
    extensions: ["pg_trgm"],
  };
});
after(async () => {
  await logOut?.();
  await context?.close();
});

const publicRights = () =>
  context.server.asService(
    "SELECT privilege_type FROM pg_database, aclexplode(coalesce(datacl, acldefault('d', datdba))) WHERE datname = 'app' AND grantee = 0",
  );

test("the guard takes PUBLIC's rights and creates extensions, and repairs both", async () => {
  await context.server.setConfiguration("azure.extensions", "PG_TRGM");
  const { id } = await create(inputs);
  assert.deepEqual(await publicRights(), []);
  const extensions = await context.server.asService(
    "SELECT extname FROM pg_extension WHERE extname = 'pg_trgm'",
    "app",
  );
  assert.equal(extensions.length, 1);
  assert.equal((await read(id, inputs)).props.closes, true);

  await context.server.asService("GRANT CONNECT ON DATABASE app TO PUBLIC");
  const { props } = await read(id, inputs);
  assert.equal(props.closes, false);
  assert.equal((await diff(id, props, inputs)).changes, true);
  await update(id, props, inputs);
  assert.deepEqual(await publicRights(), []);
});
