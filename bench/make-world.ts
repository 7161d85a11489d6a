/** `node bench/make-world.ts FILE MEGABYTES [SEED]`: writes a region archive of a made world. */
import { writeWorldOar } from './world/world-oar.ts';

const [path, megabytes, seed] = process.argv.slice(2);
if (path === undefined || !(Number(megabytes) > 0)) {
  console.error('usage: make-world.ts FILE.oar MEGABYTES [SEED]');
  process.exit(2);
}
console.log(JSON.stringify(await writeWorldOar(path, Number(megabytes) * 1e6, Number(seed ?? 1))));
