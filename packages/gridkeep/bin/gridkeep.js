#!/usr/bin/env -S MALLOC_MMAP_THRESHOLD_=65536 MALLOC_ARENA_MAX=2 node --max-semi-space-size=2 --heap-growing-percent=30
// Plain JavaScript, so that an older Node can say what is wrong instead of stumbling over TypeScript.
//
// Why the first line: long loads make and drop many buffers. Without it the C library keeps the dropped ones for itself and
// the heap grows long before it is collected; both cost some 200 MB resident and gain little speed (docs/benchmarks.md).
if (Number(process.versions.node.split('.')[0]) < 24) {
  console.error(
    `error: Gridkeep runs on Node.js 24, which "npm ci" brought along; this is ${process.version}. ` +
      'Use "npx gridkeep", or put node_modules/.bin first in PATH.',
  );
  process.exitCode = 2;
} else {
  await import('./gridkeep.ts');
}
