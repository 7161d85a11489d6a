/**
 * Assets as a grown grid holds them: kinds in proportion, sizes log-normal with a mean near 65 KB over all,
 * a fifth to a quarter of the ids with bytes that another id has as well.
 * Proportions follow the region archives this project tests with; sizes what grid operators report (45-90 KB a piece).
 */
import type { Uuid } from '@gridkeep/wire/uuid';
import { animation, codestream, mesh, notecard, script, sound } from './contents.ts';
import { NoisePool, Random, seededUuid } from './random.ts';

export interface WorldAsset {
  readonly id: Uuid;
  /** Number of the asset kind: 0 texture, 1 sound, 7 notecard, 10 script, 20 animation, 49 mesh. */
  readonly type: number;
  readonly bytes: Buffer;
}

interface KindShape {
  readonly type: number;
  readonly share: number;
  readonly meanBytes: number;
  readonly sigma: number;
  readonly bytesMax: number;
}

const shapes: readonly KindShape[] = [
  { type: 0, share: 0.58, meanBytes: 98_000, sigma: 1.1, bytesMax: 2_000_000 },
  { type: 49, share: 0.08, meanBytes: 62_000, sigma: 1.2, bytesMax: 3_000_000 },
  { type: 1, share: 0.05, meanBytes: 70_000, sigma: 0.8, bytesMax: 600_000 },
  { type: 20, share: 0.06, meanBytes: 14_000, sigma: 0.9, bytesMax: 200_000 },
  { type: 10, share: 0.13, meanBytes: 4_200, sigma: 1.0, bytesMax: 60_000 },
  { type: 7, share: 0.1, meanBytes: 1_400, sigma: 1.0, bytesMax: 50_000 },
];

const duplicateShare = 0.23;

export class WorldAssets {
  readonly #seed: number;
  readonly #noise: NoisePool;

  constructor(seed: number) {
    this.#seed = seed;
    this.#noise = new NoisePool(seed);
  }

  /** The same for the same seed and index. Ids of every index differ; about 23 % share their bytes with an earlier one. */
  at(index: number): WorldAsset {
    const id = seededUuid(this.#seed, 'asset', index);
    const content = this.#contentIndex(index);
    const random = new Random(content * 2_654_435 + this.#seed);
    const shape = pick(random.next());
    const size = Math.round(
      Math.min(shape.bytesMax, Math.max(200, random.logNormal(shape.meanBytes, shape.sigma))),
    );
    return { id, type: shape.type, bytes: this.#content(shape.type, size, content) };
  }

  /** As `at`, without making the bytes. */
  kindAt(index: number): Pick<WorldAsset, 'id' | 'type'> {
    const random = new Random(this.#contentIndex(index) * 2_654_435 + this.#seed);
    return { id: seededUuid(this.#seed, 'asset', index), type: pick(random.next()).type };
  }

  #contentIndex(index: number): number {
    const random = new Random(index * 747_796 + this.#seed + 1);
    return index > 0 && random.next() < duplicateShare
      ? this.#contentIndex(random.between(0, index - 1))
      : index;
  }

  #content(type: number, size: number, serial: number): Buffer {
    switch (type) {
      case 0:
        return codestream(size, serial, this.#noise);
      case 1:
        return sound(size, serial, this.#noise);
      case 7:
        return notecard(size, serial);
      case 10:
        return script(size, serial);
      case 20:
        return animation(size, serial, this.#noise);
      default:
        return mesh(size, serial, this.#noise);
    }
  }
}

function pick(point: number): KindShape {
  let sum = 0;
  for (const shape of shapes) {
    sum += shape.share;
    if (point < sum) return shape;
  }
  const last = shapes.at(-1);
  if (last === undefined) throw new Error('no kinds');
  return last;
}
