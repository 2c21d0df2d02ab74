// node-postgres reads the server, the user and the token from the environment.
module.exports = { client: "pg", connection: {} };
