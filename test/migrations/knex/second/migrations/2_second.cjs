exports.up = (knex) => knex.schema.alterTable("item", (table) => table.integer("price"));
exports.down = (knex) => knex.schema.alterTable("item", (table) => table.dropColumn("price"));
