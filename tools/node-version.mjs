// Loaded before every entry point (`node --import`). Plain JavaScript, so that an older Node can run it
// far enough to say what is wrong instead of failing on the first TypeScript file.
const REQUIRED = 24;
const major = Number(process.versions.node.split(".")[0]);
if (major < REQUIRED) {
  console.error(
    `product-worker needs Node ${REQUIRED} or later; this is Node ${process.versions.node} (${process.execPath}).\n` +
      "npm scripts run on the Node that `npm ci` installs into node_modules/.bin. If it is missing, install\n" +
      "scripts were switched off: run `npm ci --ignore-scripts=false`, or put Node 24 first in PATH.",
  );
  process.exit(78);
}
