#!/usr/bin/env node
import { main } from '../src/cli/main.ts';

// Whoever reads our output may stop reading (`gridkeep … | head`): no reason for a stack trace.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit(0);
});
process.exitCode = await main(process.argv.slice(2));
