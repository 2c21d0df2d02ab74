import { join } from "node:path";
import { testClient } from "./promises.ts";

testClient("shell", () => ({
  command: ["sh", "connect.sh"],
  cwd: join(import.meta.dirname, "../../clients/shell"),
}));
