/**
 * A program that does jobs of the kind 'effect': each writes one row per attempt and one for its effect, slowly enough to
 * be killed in the middle. Says 'start <id>' for every try. Ends when its standard input ends.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { openDatabase } from '../../database/open-database.ts';
import { parseLocation } from '../../database/test-support/location.ts';
import { JobQueue } from '../job-queue.ts';
import { JobWorker } from '../job-worker.ts';
import { effectHandler } from './effect-handler.ts';

const [location = '', owner = 'child', leaseMs = '1000', pauseMs = '5'] = process.argv.slice(2);
const database = await openDatabase(parseLocation(location));
const worker = new JobWorker({
  queue: new JobQueue(database),
  owner,
  leaseMs: Number(leaseMs),
  pollMs: 20,
  handlers: [
    effectHandler(database, async (id) => {
      process.stdout.write(`start ${id}\n`);
      await sleep(Number(pauseMs));
    }),
  ],
  report: (error) => {
    throw error;
  },
});
worker.start();
process.stdin.on('data', () => undefined);
process.stdin.once('end', () => {
  void worker.stop().then(() => database.close());
});
