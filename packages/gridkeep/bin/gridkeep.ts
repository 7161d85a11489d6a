/** The program, started by gridkeep.js beside it. */
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
