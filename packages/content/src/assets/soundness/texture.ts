/** JPEG 2000 textures: header and completeness, nothing is decoded. */
import type { AssetProblem } from '../asset-problem.ts';
import { unsound, unusual } from '../asset-problem.ts';
import type { Jpeg2000Header } from '../jpeg2000.ts';
import { Jpeg2000Error, readJpeg2000Header, walkTileParts } from '../jpeg2000.ts';

/** Pixels; what viewers upload. */
const sideUsualMax = 2048;
/** Pixels; beyond this no viewer decodes. */
const sideMax = 8192;
/** Red, green, blue, alpha, and the fifth of baked avatar textures. */
const componentsMax = 5;

export function checkTexture(bytes: Uint8Array): readonly AssetProblem[] {
  try {
    const header = readJpeg2000Header(bytes);
    return [...checkHeader(header), ...checkEnd(bytes, header)];
  } catch (error) {
    if (error instanceof Jpeg2000Error) return [unsound(error.message)];
    throw error;
  }
}

function checkHeader(header: Jpeg2000Header): AssetProblem[] {
  const found: AssetProblem[] = [];
  const size = `SIZ: ${header.width} x ${header.height} pixels`;
  const side = Math.max(header.width, header.height);
  if (side > sideMax) found.push(unsound(`${size}, more than ${sideMax} on a side`));
  else if (side > sideUsualMax) found.push(unusual(`${size}, more than ${sideUsualMax} on a side`));
  if (header.components > componentsMax) found.push(unsound(`SIZ: ${header.components} components`));
  if (header.precisions.some((bits) => bits !== 8))
    found.push(unusual(`SIZ: components of ${[...new Set(header.precisions)].join(', ')} bits`));
  return found;
}

/** Layers come one after the other, so a cut picture still shows, blurred. */
function checkEnd(bytes: Uint8Array, header: Jpeg2000Header): AssetProblem[] {
  const end = walkTileParts(bytes, header);
  if (end.problem !== undefined) return [unusual(`truncated: ${end.problem}`)];
  return end.complete ? [] : [unusual('truncated: no end marker')];
}
