import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { BlobId } from '@gridkeep/storage/blobs/blob-store';
import { openPackStore } from '@gridkeep/storage/blobs/pack-store';
import { gridkeep, startServer } from '../gridkeep-process.ts';
import type { BenchCase } from '../measurement.ts';
import { peakMemory, seconds } from '../measurement.ts';
import { withScratch } from '../scratch.ts';
import { NoisePool, Random } from '../world/random.ts';

const count = Number(process.env['BENCH_BLOBS'] ?? '1000000');
const atOnce = 512;

const million: BenchCase = {
  title: `${count} small assets in the blob store: start, memory, rates`,
  run: () =>
    withScratch(async (folder) => {
      const data = join(folder, 'data');
      await gridkeep(['grid', 'create', 'bench', '--data', data]);
      const blobs = join(data, 'blobs');
      await mkdir(blobs, { recursive: true });
      const noise = new NoisePool(5);
      const random = new Random(5);
      const kept: BlobId[] = [];
      const empty = await startServer(data);
      const emptyMemory = await peakMemory(empty.pid);
      await empty.stop();

      const store = await openPackStore({ folder: blobs });
      const putting = await seconds(async () => {
        let next = 0;
        const worker = async (): Promise<void> => {
          for (let index = next++; index < count; index = next++) {
            const bytes = Buffer.allocUnsafe(400 + (index % 1200));
            noise.fill(bytes, index + 1);
            const { id } = await store.put(bytes, { compress: 'never' });
            if (index % 50 === 0) kept.push(id);
          }
        };
        await Promise.all(Array.from({ length: atOnce }, worker));
      });
      await store.close();

      let again = await openPackStore({ folder: blobs });
      await again.close();
      const opening = await seconds(async () => {
        again = await openPackStore({ folder: blobs });
      });
      const asked = kept.slice(0, 20_000);
      const having = await seconds(() => again.has(asked));
      const gets = Array.from({ length: 20_000 }, () => pick(kept, random));
      const getting = await seconds(async () => {
        for (let from = 0; from < gets.length; from += 16)
          await Promise.all(gets.slice(from, from + 16).map((id) => again.get(id)));
      });
      await again.close();

      const server = await startServer(data);
      const memory = await peakMemory(server.pid);
      await server.stop();
      return [
        { what: 'puts', figure: `${(count / putting).toFixed(0)}/s, ${atOnce} at once, all durable` },
        { what: 'opening the store', figure: `${(opening * 1000).toFixed(0)} ms` },
        { what: 'has', figure: `${(asked.length / having).toFixed(0)} ids/s, ${asked.length} in one call` },
        { what: 'get', figure: `${(gets.length / getting).toFixed(0)}/s, random ids, 16 at once` },
        {
          what: 'gridkeep start',
          figure: `${server.secondsToReady.toFixed(2)} s to ready, ${(memory / 1e6).toFixed(0)} MB resident`,
          peer: `${empty.secondsToReady.toFixed(2)} s and ${(emptyMemory / 1e6).toFixed(0)} MB with an empty store`,
          ratio: empty.secondsToReady / server.secondsToReady,
          goal: 'ready in 2 s',
        },
      ];
    }),
};
function pick(ids: readonly BlobId[], random: Random): BlobId {
  const id = ids[random.between(0, ids.length - 1)];
  if (id === undefined) throw new Error('nothing was kept');
  return id;
}

export default million;
