import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { type ErrorCode, errorsIn } from "../../../components/errors/index.ts";
import { type Program, UP } from "../../../tools/harness/program.ts";
import { whole } from "./whole.ts";

/** A configuration, as `Pulumi.<stack>.yaml` has it. */
export type Config = Record<string, unknown>;

/** One change of the configuration of a stack that is up. */
export interface Step {
  /** What happens before it. */
  before?: (trial: Trial) => Promise<void>;
  config: Config | ((trial: Trial) => Config);
  /** The code of the error that refuses the change, ours or Azure's. Then all is as before. @default the change is made */
  refused?: ErrorCode | "InvalidParameterValue";
  /** What `up` prints. */
  prints?: readonly RegExp[];
  /** Whether the preview refuses it already. */
  inPreview?: boolean;
  /** Whether what the configuration adds is there although the rest is refused. */
  adds?: boolean;
  /** What else holds after it. */
  check?: (trial: Trial) => Promise<void>;
}

const ROWS = 100;

/** A stack with one migrator, whose table has rows, while its configuration changes. */
export class Trial {
  readonly program: Program;
  /** Names of the identity that the application has had. */
  readonly #names: readonly string[];
  /** Seconds in which the login was refused. */
  refusedSeconds = 0;
  /** What the last change printed. */
  printed = "";

  constructor(program: Program, names: readonly string[]) {
    this.program = program;
    this.#names = names;
  }

  /** Brings the stack up, and has the migrator fill its table. */
  async begin(config: Config): Promise<void> {
    await this.program.ensureUp(config);
    await this.asIdentity("CREATE TABLE IF NOT EXISTS item (n int)");
    await this.asIdentity(`TRUNCATE item; INSERT INTO item SELECT generate_series(1, ${ROWS})`);
  }

  /** Makes one change while a client logs in again and again. The rows, the login and the state must be right afterwards. */
  async change(step: Step): Promise<void> {
    await step.before?.(this);
    this.program.configure(typeof step.config === "function" ? step.config(this) : step.config);
    if (step.refused === undefined) {
      this.printed = await this.whileLoggingIn(() => this.program.succeed(UP));
      for (const words of step.prints ?? []) assert.match(this.printed, words);
      await this.holds();
    } else {
      await this.#refuses(step);
    }
    await step.check?.(this);
  }

  async #refuses({ refused, inPreview = false, adds = false }: Step): Promise<void> {
    const before = await whole(this);
    const args = inPreview ? ["preview", "--non-interactive"] : UP;
    this.printed = await this.whileLoggingIn(() => this.program.fail(args));
    const text = this.printed;
    assert.ok([...errorsIn(text), ...(text.match(/InvalidParameterValue/) ?? [])].includes(refused as string), text);
    assert.doesNotMatch(text, /\bat .*\.ts:\d+/, "a stack trace is no message");
    const after = await whole(this);
    assert.deepEqual(
      before.filter((line) => !after.includes(line)),
      [],
    );
    if (!adds) assert.deepEqual(after, before);
    assert.equal(await this.rows(), ROWS);
  }

  /** Goes back to a configuration, unless the stack has it. */
  async end(config: Config): Promise<void> {
    await this.whileLoggingIn(() => this.program.ensureUp(config));
    await this.holds();
  }

  /** The identity logs in and finds every row, and a preview has nothing to do. */
  async holds(): Promise<void> {
    assert.equal(await this.rows(), ROWS);
    await this.program.succeed(["preview", "--expect-no-changes", "--non-interactive"]);
  }

  async rows(): Promise<number> {
    const [row] = await this.asIdentity("SELECT count(*)::int AS n FROM item");
    return Number(row?.n);
  }

  /** Runs statements as the VM's identity, in a session of its own. */
  async asIdentity(sql: string, names = this.#names): Promise<Record<string, unknown>[]> {
    const { directory } = this.program.sandbox;
    const identity = names.flatMap((name) => directory.findByName(name))[0];
    assert.ok(identity, "no identity is there");
    return await this.program.queryAs(identity.displayName, await this.program.token(identity), sql, "app");
  }

  /** Runs statements as the service, from which nothing is hidden. */
  async asService(sql: string, database = "app"): Promise<Record<string, unknown>[]> {
    const [server] = this.program.sandbox.azure.servers().values();
    assert.ok(server);
    return await server.asService(sql, database);
  }

  /** Measures how long a client that logs in again and again is refused. */
  async whileLoggingIn<Result>(work: () => Promise<Result>): Promise<Result> {
    let isOver = false;
    const client = async () => {
      let last = performance.now();
      while (!isOver) {
        const isAllowed = await this.rows().then(
          () => true,
          () => false,
        );
        const now = performance.now();
        if (!isAllowed) this.refusedSeconds += (now - last) / 1000;
        last = now;
        await sleep(100);
      }
    };
    const running = client();
    try {
      return await work();
    } finally {
      isOver = true;
      await running;
    }
  }
}
