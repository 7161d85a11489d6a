/** Pictures of the map. A tile of zoom 1 shows one cell of 256 m; each further zoom shows twice as much on a side. */
import type { BlobId } from '@gridkeep/storage/blobs/blob-store';

export const zoomMin = 1;
export const zoomMax = 8;
/** Pixels of a side. */
export const tilePixels = 256;
/** Bytes of the JPEG of one cell: simulators send some ten kilobytes. */
export const tileBytesMax = 512 * 1024;
/** Cells; positions in metres fit into 32 bits. */
export const cellMax = 2 ** 23;

/** Which tile: zoom, and its south-west cell. */
export interface TilePlace {
  readonly zoom: number;
  readonly x: number;
  readonly y: number;
}

export interface MapTile {
  readonly blobId: BlobId;
  /** Unix milliseconds. */
  readonly updatedAt: number;
}

/** Cells of a tile's side. */
function cellsAcross(zoom: number): number {
  return 2 ** (zoom - 1);
}

/** The tile that shows a cell. */
export function tileAt(zoom: number, cellX: number, cellY: number): TilePlace {
  const cells = cellsAcross(zoom);
  return { zoom, x: cellX - (cellX % cells), y: cellY - (cellY % cells) };
}

/** South-west, south-east, north-west, north-east. */
export function quarters({ zoom, x, y }: TilePlace): readonly TilePlace[] {
  const half = cellsAcross(zoom - 1);
  return [
    { zoom: zoom - 1, x, y },
    { zoom: zoom - 1, x: x + half, y },
    { zoom: zoom - 1, x, y: y + half },
    { zoom: zoom - 1, x: x + half, y: y + half },
  ];
}
