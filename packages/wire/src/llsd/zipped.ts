/** Zipped LLSD: a zlib stream of binary LLSD without a header, as the blocks of a mesh and legacy materials are. */
import { deflateSync, inflateSync } from 'node:zlib';
import { readLlsdBinary } from './binary-reader.ts';
import { writeLlsdBinary } from './binary-writer.ts';
import type { LlsdLimits, LlsdValue } from './value.ts';
import { LlsdError, limitsFor } from './value.ts';

/** Inflates at most `lengthMax` bytes, however little was sent, and reads them. Throws LlsdError. */
export function readZippedLlsd(bytes: Uint8Array, limits: Partial<LlsdLimits> = {}): LlsdValue {
  const all = limitsFor(bytes.length, limits);
  return readLlsdBinary(inflate(bytes, all.lengthMax), all);
}

function inflate(bytes: Uint8Array, lengthMax: number): Uint8Array {
  try {
    return inflateSync(bytes, { maxOutputLength: lengthMax });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new LlsdError(`a block that cannot be inflated to at most ${lengthMax} bytes: ${reason}`, 0);
  }
}

export function writeZippedLlsd(value: LlsdValue): Uint8Array {
  return new Uint8Array(deflateSync(writeLlsdBinary(value)));
}
