/** `node bench/make-world.ts FILE MEGABYTES [SEED [DAY]]`: writes a region archive of a made world, as it is after so many days. */
import { writeWorldOar } from './world/world-oar.ts';

const [path, megabytes, seed = '1', day = '0'] = process.argv.slice(2);
if (path === undefined || !(Number(megabytes) > 0)) {
  console.error('usage: make-world.ts FILE.oar MEGABYTES [SEED [DAY]]');
  process.exit(2);
}
console.log(
  JSON.stringify(
    await writeWorldOar(path, { assetBytes: Number(megabytes) * 1e6, seed: Number(seed), day: Number(day) }),
  ),
);
