/**
 * `npm run fuzz [-- SECONDS [SEED]]`: damages archives at random and inspects them. Whatever the bytes, an inspection ends with
 * a report; anything thrown is a defect, and the line that is printed repeats it. With GRIDKEEP_FIXTURES real archives are used too.
 */
import { readFileSync, readdirSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { inspectArchive } from '@gridkeep/content/archives/inspect-archive';
import { writeWorldOar } from '../bench/world/world-oar.ts';
import { Random } from '../bench/world/random.ts';

const seconds = Number(process.argv[2] ?? '60');
const firstSeed = Number(process.argv[3] ?? String(Date.now() % 1_000_000_000));
const damagesMax = 12;
const archiveBytesMax = 3_000_000;

async function samples(): Promise<readonly Buffer[]> {
  const folder = await mkdtemp(join(tmpdir(), 'gridkeep-fuzz-'));
  try {
    const made = join(folder, 'made.oar');
    await writeWorldOar(made, { assetBytes: 600_000 });
    const tars = [gunzipSync(await readFile(made))];
    const fixtures = process.env['GRIDKEEP_FIXTURES'];
    for (const kind of fixtures === undefined ? [] : ['oar', 'iar']) {
      for (const name of readdirSync(join(fixtures ?? '', kind)).filter((file) =>
        file.endsWith(`.${kind}`),
      )) {
        const bytes = readFileSync(join(fixtures ?? '', kind, name));
        if (bytes.length <= archiveBytesMax) tars.push(gunzipSync(bytes));
      }
    }
    return tars;
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** Bytes changed, pieces cut out, doubled or exchanged; then packed again, or damaged as packed. */
function damage(tar: Buffer, random: Random): Buffer {
  let bytes = random.next() < 0.8 ? Buffer.from(tar) : gzipSync(tar, { level: 1 });
  for (let count = random.between(1, damagesMax); count > 0 && bytes.length > 600; count -= 1) {
    const at = random.between(0, bytes.length - 513);
    const length = random.between(1, 512);
    switch (random.between(0, 4)) {
      case 0:
        bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + length)]);
        break;
      case 1:
        bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(at, at + length), bytes.subarray(at)]);
        break;
      case 2:
        bytes.copyWithin(at, random.between(0, bytes.length - 513), at + 512);
        break;
      default:
        bytes[at] = random.between(0, 255);
    }
  }
  return bytes[0] === 0x1f || random.next() < 0.1 ? bytes : gzipSync(bytes, { level: 1 });
}

async function* once(bytes: Buffer): AsyncGenerator<Uint8Array> {
  yield await Promise.resolve(bytes);
}

const tars = await samples();
const verdicts = { accept: 0, warn: 0, refuse: 0 };
const end = performance.now() + seconds * 1000;
let seed = firstSeed;
for (; performance.now() < end; seed += 1) {
  const random = new Random(seed);
  const tar = tars[random.between(0, tars.length - 1)];
  if (tar === undefined) throw new Error('no archives');
  try {
    const report = await inspectArchive(once(damage(tar, random)));
    verdicts[report.verdict] += 1;
  } catch (error) {
    console.error(`seed ${seed} (npm run fuzz -- 1 ${seed}):`, error);
    process.exit(1);
  }
}
console.log(`seeds ${firstSeed} to ${seed - 1}: ${JSON.stringify(verdicts)}`);
