import { join } from "node:path";
import { pythonEnvironment } from "../clients/pythonEnvironment.ts";
import { classPath, LIBRARIES, nodeModules } from "./libraries.ts";

/** How a migration tool runs as a migrator. */
export interface MigrationTool {
  /** Fetches the tool. Returns its command; it runs in a copy of the tool's project. */
  command: () => [string, ...string[]];
  /** What the tool takes in place of libpq's variables. It names the token, so that no command line holds it. */
  environment?: (login: Login) => NodeJS.ProcessEnv;
  /** Whether the tool runs CREATE SCHEMA IF NOT EXISTS. */
  createSchemas?: boolean;
}

/** What a tool needs to log in. */
export interface Login {
  jdbcUrl: string;
  user: string;
  token: string;
  schema: string;
}

const python = (...args: string[]): [string, ...string[]] => [pythonEnvironment(LIBRARIES), ...args];
const node = (program: string, ...args: string[]): [string, ...string[]] => [
  process.execPath,
  join(nodeModules(), program),
  ...args,
];

/** The tools, by the folder of their project and the schema of the test. */
export const MIGRATION_TOOLS: Record<string, MigrationTool> = {
  alembic: { command: () => python("-m", "alembic", "upgrade", "head") },
  django: {
    command: () => python("-m", "django", "migrate"),
    environment: () => ({ DJANGO_SETTINGS_MODULE: "settings", PYTHONPATH: "." }),
  },
  flyway: {
    command: () => ["java", "-cp", classPath(), join(import.meta.dirname, "flyway/Migrate.java")],
    environment: ({ jdbcUrl, user, token }) => ({
      FLYWAY_URL: jdbcUrl,
      FLYWAY_USER: user,
      FLYWAY_PASSWORD: token,
      FLYWAY_LOCATIONS: "filesystem:sql",
    }),
  },
  liquibase: {
    command: () => ["java", "-cp", classPath(), "liquibase.integration.commandline.LiquibaseCommandLine", "update"],
    environment: ({ jdbcUrl, user, token }) => ({
      LIQUIBASE_COMMAND_URL: jdbcUrl,
      LIQUIBASE_COMMAND_USERNAME: user,
      LIQUIBASE_COMMAND_PASSWORD: token,
      LIQUIBASE_COMMAND_CHANGELOG_FILE: "changelog.sql",
      LIQUIBASE_ANALYTICS_ENABLED: "false",
    }),
  },
  drizzle: {
    command: () => node("drizzle-kit/bin.cjs", "migrate"),
    environment: ({ schema }) => ({ JOURNAL_SCHEMA: schema }),
    createSchemas: true,
  },
  "node-pg-migrate": {
    command: () => node("node-pg-migrate/bin/node-pg-migrate.js", "up", "--schema", "node-pg-migrate"),
  },
  knex: { command: () => node("knex/bin/cli.js", "migrate:latest", "--knexfile", "knexfile.cjs") },
};
