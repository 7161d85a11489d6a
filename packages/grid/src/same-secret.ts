/** Compares what must not be guessed piece by piece. */
import { createHash, timingSafeEqual } from 'node:crypto';

/** Takes as long whether and wherever the texts differ. */
export function isSameSecret(one: string, other: string): boolean {
  return timingSafeEqual(digestOf(one), digestOf(other));
}

function digestOf(text: string): Uint8Array {
  return createHash('sha256').update(text, 'utf8').digest();
}
