// Drops a role as the deployer would by hand, behind Pulumi's back: node dropRole.ts <role>
import { readFileSync } from "node:fs";
import { withAdminSession } from "../../components/principal/adminSession.ts";
import { dropRole, revokeAll } from "../../components/principal/catalog.ts";
import { DEPLOYER } from "../../sandbox/deployer.ts";

const role = process.argv[2] ?? "";
await withAdminSession(
  {
    host: "localhost",
    port: Number(process.env.DB_PORT),
    database: "postgres",
    adminUser: DEPLOYER.displayName,
    caCert: readFileSync(process.env.DB_CA ?? "", "utf8"),
  },
  async (session) => {
    await revokeAll(session, role);
    await dropRole(session, role);
  },
);
