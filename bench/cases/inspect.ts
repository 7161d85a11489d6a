import { join } from 'node:path';
import { gridkeep } from '../gridkeep-process.ts';
import type { BenchCase } from '../measurement.ts';
import { rate, seconds, shell } from '../measurement.ts';
import { archiveMegabytes, withScratch } from '../scratch.ts';
import { writeWorldOar } from '../world/world-oar.ts';

const inspect: BenchCase = {
  title: 'gridkeep archive inspect against gzip -dc | tar -t, on a made OAR',
  run: () =>
    withScratch(async (folder) => {
      const path = join(folder, 'world.oar');
      const world = await writeWorldOar(path, { assetBytes: archiveMegabytes() * 1e6 });
      await shell(`cat '${path}'`);
      const peer = await seconds(() => shell(`gzip -dc '${path}' | tar -t`));
      const ours = await gridkeep(['archive', 'inspect', path, '--json']);
      return [
        {
          what: `inspection of ${(world.bytes / 1e6).toFixed(0)} MB, ${world.assets} assets, ${world.objects} objects`,
          figure: `${rate(world.bytes, ours.seconds)}, ${ours.seconds.toFixed(1)} s, ${(ours.memory / 1e6).toFixed(0)} MB resident`,
          peer: `${rate(world.bytes, peer)} of gzip -dc | tar -t`,
          ratio: peer / ours.seconds,
          goal: '≥ 0.5',
        },
      ];
    }),
};
export default inspect;
