exports.up = (knex) => knex.schema.createTable("item", (table) => table.integer("id").primary());
exports.down = (knex) => knex.schema.dropTable("item");
