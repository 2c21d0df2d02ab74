import { errorsIn } from "../../../components/errors/errorFor.ts";
import { UserError } from "../../../components/errors/userError.ts";
import { NotAskable } from "../answer.ts";
import type { Context } from "../context.ts";

/** The program itself reads the configuration, so every problem that `pulumi up` would report is reported here. */
export async function checkConfiguration({ file, readSettings }: Context): Promise<string> {
  if (file.secrets.length > 0) {
    throw new NotAskable(`only Pulumi can decrypt ${file.secrets.join(", ")}; the other checks leave them out`);
  }
  try {
    const { environment, location } = readSettings();
    return `${environment}, in ${location}`;
  } catch (error) {
    const { message } = error as Error;
    const [code] = errorsIn(message);
    if (!code) throw error;
    throw new UserError({
      code,
      step: "reading the configuration",
      expected: "a configuration without problems",
      found: message.trim(),
      remedy: "run the commands above, then `make preflight` again",
    });
  }
}
