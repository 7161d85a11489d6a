/**
 * Which land a parcel covers: one bit for each cell of 4 x 4 m, bit 0 of byte 0 in the south-west, west to east, then north
 * (OpenSim/Region/CoreModules/World/Land/LandObject.cs, which takes every bitmap for a square).
 */
import type { RegionSize } from './control-file.ts';

export const cellMetres = 4;
const squareMetresPerCell = cellMetres * cellMetres;

/** The length of the bitmaps in a region of this size. */
export function bitmapBytes(size: RegionSize): number {
  return ((size.x / cellMetres) * (size.y / cellMetres)) / 8;
}

export function bitmapFits(bitmap: Uint8Array, size: RegionSize): boolean {
  return bitmap.length === bitmapBytes(size);
}

/** Square metres, from the bits and not from what the file says. */
export function bitmapArea(bitmap: Uint8Array): number {
  let cells = 0;
  for (const byte of bitmap) cells += bitCount(byte);
  return cells * squareMetresPerCell;
}

function bitCount(byte: number): number {
  let count = 0;
  for (let bits = byte; bits !== 0; bits &= bits - 1) count += 1;
  return count;
}

export interface ParcelCoverage {
  /** Cells of no parcel. */
  readonly uncovered: number;
  /** Cells of more than one. */
  readonly overlapping: number;
  /** Bitmaps whose length is not that of the region; they were not counted. */
  readonly misfits: number;
}

/** All parcels of a sound region cover each cell exactly once. */
export function parcelCoverage(bitmaps: Iterable<Uint8Array>, size: RegionSize): ParcelCoverage {
  const once = new Uint8Array(bitmapBytes(size));
  const twice = new Uint8Array(once.length);
  let misfits = 0;
  for (const bitmap of bitmaps) {
    if (bitmap.length !== once.length) {
      misfits += 1;
      continue;
    }
    bitmap.forEach((bits, index) => {
      const before = once[index] ?? 0;
      twice[index] = (twice[index] ?? 0) | (before & bits);
      once[index] = before | bits;
    });
  }
  const covered = bitmapArea(once) / squareMetresPerCell;
  return {
    uncovered: once.length * 8 - covered,
    overlapping: bitmapArea(twice) / squareMetresPerCell,
    misfits,
  };
}

/** The bitmap of a parcel that covers a whole region. */
export function wholeRegionBitmap(size: RegionSize): Uint8Array {
  return new Uint8Array(bitmapBytes(size)).fill(0xff);
}
