// Plain JavaScript, so that an older Node can say what is wrong instead of stumbling over TypeScript.
if (Number(process.versions.node.split('.')[0]) < 24) {
  console.error(
    `error: Gridkeep runs on Node.js 24, which "npm ci" brought along; this is ${process.version}. ` +
      'Use "npx gridkeep", or put node_modules/.bin first in PATH.',
  );
  process.exitCode = 2;
} else {
  await import('./gridkeep.ts');
}
