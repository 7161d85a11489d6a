import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { openPackStore } from '@gridkeep/storage/blobs/pack-store';
import type { BenchCase } from '../measurement.ts';
import { rate, seconds } from '../measurement.ts';
import { withScratch } from '../scratch.ts';
import { WorldAssets } from '../world/assets.ts';

const count = 8000;
const atOnce = 64;

const puts: BenchCase = {
  title: 'durable puts of assets against raw sequential writes with fdatasync',
  run: () =>
    withScratch(async (folder) => {
      const world = new WorldAssets(11);
      const assets = Array.from({ length: count }, (_, index) => world.at(index).bytes);
      const bytes = assets.reduce((sum, asset) => sum + asset.length, 0);

      const raw = await open(join(folder, 'raw'), 'wx');
      const grouped = await seconds(async () => {
        for (let from = 0; from < assets.length; from += atOnce) {
          await raw.writev(assets.slice(from, from + atOnce));
          await raw.datasync();
        }
      });
      await raw.close();

      const once = await open(join(folder, 'once'), 'wx');
      const sequential = await seconds(async () => {
        for (let from = 0; from < assets.length; from += atOnce)
          await once.writev(assets.slice(from, from + atOnce));
        await once.datasync();
      });
      await once.close();

      const store = await openPackStore({ folder: join(folder, 'store') });
      const ours = await seconds(async () => {
        let next = 0;
        const worker = async (): Promise<void> => {
          for (let index = next++; index < assets.length; index = next++) {
            const asset = assets[index];
            if (asset !== undefined) await store.put(asset, { compress: 'never' });
          }
        };
        await Promise.all(Array.from({ length: atOnce }, worker));
      });
      await store.close();
      const figure = `${rate(bytes, ours)}, ${(count / ours).toFixed(0)} puts/s, ${atOnce} at once, a quarter of them known`;
      return [
        {
          what: 'durable puts',
          figure,
          peer: `${rate(bytes, grouped)}, fdatasync after every ${atOnce}`,
          ratio: grouped / ours,
        },
        {
          what: 'durable puts',
          figure,
          peer: `${rate(bytes, sequential)}, one fdatasync at the end`,
          ratio: sequential / ours,
        },
      ];
    }),
};
export default puts;
