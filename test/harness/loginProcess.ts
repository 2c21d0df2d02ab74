// Logs in to a server as the deployer, as the program's resources do, and says as whom; what goes wrong, on stderr.
// The variables are those of a deployment; a process of its own, because NODE_EXTRA_CA_CERTS counts from a process's start.

import { UserError } from "../../components/errors/userError.ts";
import { withAdminSession } from "../../components/postgres/adminSession.ts";
import type { Subject } from "../../components/postgres/errorLocation.ts";
import { perform } from "../../components/postgres/operation.ts";

const inputs = JSON.parse(process.argv[2] ?? "") as Subject;
try {
  const user = await perform({ step: "reading the role", inputs, report: (line) => console.error(line) }, (one) =>
    withAdminSession(inputs, one.deadline, async (session) => {
      const { rows } = await session.query<{ user: string }>("SELECT session_user AS user");
      return rows[0]?.user;
    }),
  );
  console.log(user);
} catch (error) {
  console.error(error instanceof UserError ? error.message : error);
  process.exitCode = 1;
}
