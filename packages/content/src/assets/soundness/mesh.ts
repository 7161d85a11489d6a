/** Meshes: a binary LLSD map that says where in the rest of the bytes the zipped blocks are (viewers' llmeshrepository.cpp). */
import { readLlsdBinaryPrefix } from '@gridkeep/wire/llsd/binary-reader';
import type { LlsdMap } from '@gridkeep/wire/llsd/value';
import { LlsdError, isLlsdMap } from '@gridkeep/wire/llsd/value';
import { readZippedLlsd } from '@gridkeep/wire/llsd/zipped';
import type { AssetProblem } from '../asset-problem.ts';
import { unsound, unusual } from '../asset-problem.ts';

const versionMax = 999;
const headerBytesMax = 256 * 1024;
const headerValuesMax = 10_000;
/** Of one block; the largest real ones have some megabytes. */
const inflatedBytesMax = 32 * 1024 * 1024;
const levelsOfDetail: readonly string[] = ['lowest_lod', 'low_lod', 'medium_lod', 'high_lod'];
const otherBlocks: readonly string[] = ['physics_mesh', 'physics_shape', 'physics_convex', 'skin'];
/** Low four bits of the first byte of a zlib stream: deflate (RFC 1950). */
const zlibMethod = 8;

interface Block {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** Reads the header and the place of every block; with `inflate` also what is in the blocks, which costs far more. */
export function checkMesh(bytes: Uint8Array, inflate: boolean): readonly AssetProblem[] {
  try {
    const { value, end } = readLlsdBinaryPrefix(bytes, {
      lengthMax: headerBytesMax,
      valuesMax: headerValuesMax,
    });
    if (!isLlsdMap(value)) return [unsound('the header is not a map')];
    const found: AssetProblem[] = [];
    const version = value.get('version');
    if (typeof version === 'number' && version > versionMax) found.push(unsound(`version ${version}`));
    const blocks = listBlocks(value, bytes.subarray(end), found);
    if (!blocks.some(({ name }) => levelsOfDetail.includes(name))) found.push(unsound('no level of detail'));
    if (inflate) for (const block of blocks) found.push(...checkBlock(block));
    return found;
  } catch (error) {
    if (error instanceof LlsdError) return [unsound(`header: ${error.message}`)];
    throw error;
  }
}

/** The blocks that are not empty and lie inside the asset; offsets count from the end of the header. */
function listBlocks(header: LlsdMap, body: Uint8Array, found: AssetProblem[]): readonly Block[] {
  const blocks: Block[] = [];
  for (const name of [...levelsOfDetail, ...otherBlocks]) {
    const entry = header.get(name);
    if (!isLlsdMap(entry)) continue;
    const offset = entry.get('offset');
    const size = entry.get('size');
    if (size === 0) continue;
    if (typeof offset !== 'number' || typeof size !== 'number' || offset < 0 || size < 0) {
      found.push(unsound(`${name}: no offset and size`));
    } else if (offset + size > body.length) {
      found.push(unsound(`${name}: ends at ${offset + size} of ${body.length} bytes`));
    } else {
      const block = { name, bytes: body.subarray(offset, offset + size) };
      if (((block.bytes[0] ?? 0) & 0x0f) !== zlibMethod) found.push(unsound(`${name}: not a zlib stream`));
      else blocks.push(block);
    }
  }
  return blocks;
}

function checkBlock({ name, bytes }: Block): readonly AssetProblem[] {
  try {
    readZippedLlsd(bytes, { lengthMax: inflatedBytesMax });
    return [];
  } catch (error) {
    if (!(error instanceof LlsdError)) throw error;
    const problem = levelsOfDetail.includes(name) ? unsound : unusual;
    return [problem(`${name}: ${error.message}`)];
  }
}
