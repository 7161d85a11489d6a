import type { RegionSize } from '../documents/control-file.ts';

const cellMetres = 4;

/** Lays the parcels of a region on top of each other: each cell of 4x4 m should belong to one. */
export class ParcelCoverage {
  /** One bit per cell, as in the parcels' bitmaps. */
  #covered = new Uint8Array(0);
  #overlaps = 0;
  #sameLength = true;

  add(bitmap: Uint8Array): void {
    if (this.#covered.length === 0) {
      this.#covered = Uint8Array.from(bitmap);
      return;
    }
    if (bitmap.length !== this.#covered.length) {
      this.#sameLength = false;
      return;
    }
    for (let index = 0; index < bitmap.length; index++) {
      const mine = bitmap[index] ?? 0;
      const before = this.#covered[index] ?? 0;
      if ((mine & before) !== 0) this.#overlaps += bitsOf(mine & before);
      this.#covered[index] = mine | before;
    }
  }

  compare(size: RegionSize): { readonly fits: boolean; readonly overlaps: number; readonly gaps: number } {
    const cells = (size.x / cellMetres) * (size.y / cellMetres);
    let covered = 0;
    for (const byte of this.#covered) covered += bitsOf(byte);
    return {
      fits: this.#sameLength && this.#covered.length * 8 === cells,
      overlaps: this.#overlaps,
      gaps: cells - covered,
    };
  }
}

function bitsOf(byte: number): number {
  let bits = 0;
  for (let rest = byte; rest > 0; rest &= rest - 1) bits += 1;
  return bits;
}
