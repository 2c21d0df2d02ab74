const { PGHOST, PGPORT, PGUSER, PGPASSWORD, PGDATABASE, JOURNAL_SCHEMA } = process.env;

export default {
  dialect: "postgresql",
  dbCredentials: {
    host: PGHOST,
    port: Number(PGPORT),
    user: PGUSER,
    password: PGPASSWORD,
    database: PGDATABASE,
    ssl: true,
  },
  migrations: { schema: JOURNAL_SCHEMA },
};
