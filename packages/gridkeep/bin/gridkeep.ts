#!/usr/bin/env -S MALLOC_MMAP_THRESHOLD_=65536 MALLOC_ARENA_MAX=2 node --max-semi-space-size=2
// Why these: long loads make and drop many buffers. Without them the C library keeps the dropped ones for itself, and young
// objects get ten times the room; both cost some 100 MB resident and gain no speed. See docs/benchmarks.md.
import { enableCompileCache } from 'node:module';
import { fileURLToPath } from 'node:url';

// A third of a short command's time is compiling. The cache stays beside the code, where only who may change that can write.
enableCompileCache(fileURLToPath(new URL('../node_modules/.cache/compile', import.meta.url)));
const { main } = await import('../src/cli/main.ts');

// Whoever reads our output may stop reading (`gridkeep … | head`): no reason for a stack trace.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit(0);
});
process.exitCode = await main(process.argv.slice(2));
