/**
 * Terrain files: heights in metres as 32-bit little-endian floats without a header, south row first, west to east
 * (OpenSim/Region/CoreModules/World/Terrain/FileLoaders/RAW32.cs).
 */
import type { RegionSize } from './control-file.ts';
import { DocumentError } from './document-error.ts';

/** The bounds of OpenSimulator's height map, in metres. */
export const heightMin = -100;
export const heightMax = 4000;
/** What a new region has, in metres. */
export const defaultHeight = 21;

const bytesPerHeight = 4;
const stepMetres = 256;

export interface Terrain {
  readonly size: RegionSize;
  /** `size.x * size.y` finite heights; index `y * size.x + x`. */
  readonly heights: Float32Array;
}

export interface TerrainStatistics {
  readonly min: number;
  readonly max: number;
  readonly mean: number;
  /** Heights that were NaN or infinite in the file. */
  readonly replaced: number;
  /** Heights below -100 m or above 4000 m, which OpenSimulator clamps. */
  readonly outOfRange: number;
}

export interface DecodedTerrain {
  readonly terrain: Terrain;
  readonly statistics: TerrainStatistics;
}

/** The length of a region's terrain file in bytes. */
export function terrainBytes(size: RegionSize): number {
  return size.x * size.y * bytesPerHeight;
}

/**
 * The size of a region that a file of this length may belong to: `expected` when it fits, else the square that OpenSimulator would
 * take it for, else undefined.
 */
export function terrainSizeOf(bytes: number, expected: RegionSize): RegionSize | undefined {
  if (terrainBytes(expected) === bytes) return expected;
  const side = Math.sqrt(bytes / bytesPerHeight);
  return Number.isInteger(side) && side % stepMetres === 0 && side > 0 ? { x: side, y: side } : undefined;
}

/**
 * Heights that are no finite number become `defaultHeight` and are counted. Throws a DocumentError (R2) when the length is not that
 * of the region: OpenSimulator would abort the load of the whole archive, or read the land askew.
 */
export function decodeTerrain(bytes: Uint8Array, size: RegionSize): DecodedTerrain {
  const wanted = terrainBytes(size);
  if (bytes.length !== wanted)
    throw new DocumentError(
      'R2',
      '',
      `the terrain has ${bytes.length} bytes, a region of ${size.x}x${size.y} m needs ${wanted}`,
    );
  const heights = readHeights(bytes);
  let replaced = 0;
  for (let index = 0; index < heights.length; index += 1) {
    if (Number.isFinite(heights[index])) continue;
    heights[index] = defaultHeight;
    replaced += 1;
  }
  return { terrain: { size, heights }, statistics: { ...statisticsOf(heights), replaced } };
}

function readHeights(bytes: Uint8Array): Float32Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const heights = new Float32Array(bytes.length / bytesPerHeight);
  for (let index = 0; index < heights.length; index += 1)
    heights[index] = view.getFloat32(index * bytesPerHeight, true);
  return heights;
}

function statisticsOf(heights: Float32Array): Omit<TerrainStatistics, 'replaced'> {
  let min = Infinity;
  let max = -Infinity;
  let sum = 0;
  let outOfRange = 0;
  for (const height of heights) {
    if (height < min) min = height;
    if (height > max) max = height;
    if (height < heightMin || height > heightMax) outOfRange += 1;
    sum += height;
  }
  return { min, max, mean: sum / heights.length, outOfRange };
}

/** The bytes of a file; heights stand as they are. Throws a RangeError when their number is not that of the size. */
export function encodeTerrain({ size, heights }: Terrain): Uint8Array {
  if (heights.length !== size.x * size.y)
    throw new RangeError(`${heights.length} heights for a region of ${size.x}x${size.y} m`);
  const bytes = new Uint8Array(heights.length * bytesPerHeight);
  const view = new DataView(bytes.buffer);
  heights.forEach((height, index) => view.setFloat32(index * bytesPerHeight, height, true));
  return bytes;
}
