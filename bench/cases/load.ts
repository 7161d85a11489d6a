import { join } from 'node:path';
import { gridkeep } from '../gridkeep-process.ts';
import type { BenchCase } from '../measurement.ts';
import { rate, seconds, shell } from '../measurement.ts';
import { archiveMegabytes, withScratch } from '../scratch.ts';
import { writeWorldOar } from '../world/world-oar.ts';

const load: BenchCase = {
  title: 'gridkeep region load (checked, hashed, flushed) against tar xzf (none of that), on a made OAR',
  run: () =>
    withScratch(async (folder) => {
      const path = join(folder, 'world.oar');
      const data = join(folder, 'data');
      const world = await writeWorldOar(path, { assetBytes: archiveMegabytes() * 1e6 });
      await gridkeep(['grid', 'create', 'bench', '--data', data]);
      await gridkeep(
        ['resident', 'create', 'Olive Owner', '--password-stdin', '--data', data],
        'a long password\n',
      );
      await gridkeep(['region', 'create', 'Measured', '--owner', 'Olive Owner', '--data', data]);
      await shell(`sync; mkdir '${folder}/unpacked'`);
      const peer = await seconds(() => shell(`tar xzf '${path}' -C '${folder}/unpacked'`));
      const flushed = await seconds(() => shell(`sync '${folder}/unpacked'`));
      await shell(`rm -r '${folder}/unpacked'; sync`);
      const ours = await gridkeep(['region', 'load', 'Measured', path, '--yes', '--json', '--data', data]);
      const again = await gridkeep(['region', 'load', 'Measured', path, '--yes', '--json', '--data', data]);
      const size = `${(world.bytes / 1e6).toFixed(0)} MB, ${world.assets} assets, ${world.objects} objects`;
      return [
        {
          what: `first load of ${size}`,
          figure: `${rate(world.bytes, ours.seconds)}, ${ours.seconds.toFixed(1)} s, ${(ours.memory / 1e6).toFixed(0)} MB resident`,
          peer: `${rate(world.bytes, peer)} of tar xzf (and ${flushed.toFixed(1)} s more to flush it)`,
          ratio: peer / ours.seconds,
          goal: '≥ 0.3',
        },
        {
          what: 'the same archive again',
          figure: `${rate(world.bytes, again.seconds)}, ${again.seconds.toFixed(1)} s`,
          peer: 'tar xzf',
          ratio: peer / again.seconds,
        },
      ];
    }),
};
export default load;
