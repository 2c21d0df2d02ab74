// Loaded before the program, by any version of Node.js: without it an older one stops at the first type annotation.
const [major] = process.versions.node.split(".").map(Number);
if (major < 24) {
  console.error(
    `This program needs Node.js 24 or later, and ${process.execPath} is ${process.versions.node}.\n` +
      'Next: PATH="$PWD/node_modules/.bin:$PATH" pulumi up, which uses the Node.js that npm ci installed.',
  );
  process.exit(1);
}
