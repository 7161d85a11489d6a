/** The pictures of map tiles: what may come in, and how four become one. The only place that decodes and encodes them. */
import sharp from 'sharp';
import { tileBytesMax, tilePixels } from './map-tile.ts';

/** What is no tile; the message says why. */
export class TileImageError extends Error {
  override readonly name = 'TileImageError';
}

/** OpenSim/Services/MapImageService/MapImageService.cs */
const water = { r: 29, g: 72, b: 96 };
const quality = 82;
const decodeSecondsMax = 5;

// Only JPEG comes here, so nothing else of the library is within a stranger's reach.
sharp.block({ operation: ['VipsForeignLoad'] });
sharp.unblock({ operation: ['VipsForeignLoadJpeg'] });
// A tile is small work, and there are more tiles than processors.
sharp.concurrency(1);
sharp.cache(false);

/** Decodes the whole picture once, so that what is given to viewers is known to be one. Throws TileImageError. */
export async function requireTileImage(bytes: Uint8Array): Promise<void> {
  if (bytes.byteLength > tileBytesMax)
    throw new TileImageError(`the tile has ${bytes.byteLength} bytes, and ${tileBytesMax} are allowed`);
  if (!(bytes[0] === 0xff && bytes[1] === 0xd8 && bytes[2] === 0xff))
    throw new TileImageError('the tile is no JPEG');
  const { width, height } = await decoded(bytes).metadata().catch(refuse);
  if (width !== tilePixels || height !== tilePixels)
    throw new TileImageError(
      `the tile has ${width} x ${height} pixels, not ${tilePixels} x ${tilePixels}: one tile shows one cell of 256 m`,
    );
  await decoded(bytes).raw().toBuffer().catch(refuse);
}

function refuse(): never {
  throw new TileImageError('the tile is a broken JPEG');
}

/** JPEG of a quarter each: south-west, south-east, north-west, north-east; undefined for water. */
export async function composeTile(quarters: readonly (Uint8Array | undefined)[]): Promise<Uint8Array> {
  const half = tilePixels / 2;
  const parts = await Promise.all(
    quarters.map(async (bytes, index) => {
      if (bytes === undefined) return undefined;
      const { data, info } = await decoded(bytes)
        .resize(half, half, { fit: 'fill' })
        .removeAlpha()
        .toColourspace('srgb')
        .raw()
        .toBuffer({ resolveWithObject: true });
      return {
        input: data,
        raw: { width: info.width, height: info.height, channels: info.channels },
        left: index % 2 === 0 ? 0 : half,
        // North is up.
        top: index < 2 ? half : 0,
      };
    }),
  );
  const there = parts.filter((part) => part !== undefined);
  return canvas().composite(there).jpeg({ quality }).toBuffer();
}

export async function waterTile(): Promise<Uint8Array> {
  return canvas().jpeg({ quality }).toBuffer();
}

function canvas() {
  return sharp({
    create: { width: tilePixels, height: tilePixels, channels: 3, background: water },
  });
}

function decoded(bytes: Uint8Array) {
  return sharp(bytes, { limitInputPixels: tilePixels * tilePixels, failOn: 'error' }).timeout({
    seconds: decodeSecondsMax,
  });
}
