/** WebAssembly modules declare how far their memory may grow; this lowers it (WebAssembly core specification, 5.5.8). */

const headerBytes = 8;
const memorySection = 5;
/** Flag of limits that have a maximum. */
const hasMaximum = 1;

/** Bytes of one page. */
export const wasmPageBytes = 65_536;

function readVarint(bytes: Uint8Array, at: number): { value: number; end: number } {
  let value = 0;
  for (let shift = 0; shift < 35; shift += 7) {
    const byte = bytes[at] ?? 0;
    at += 1;
    value += (byte & 0x7f) * 2 ** shift;
    if (byte < 0x80) return { value, end: at };
  }
  throw new RangeError('a number in the module is too long');
}

/**
 * A copy of a module whose own memory cannot grow beyond `pagesMax`. Allocations beyond fail inside the module.
 * Throws a RangeError when the module declares no memory with a maximum, or needs more from the start.
 */
export function limitWasmMemory(module: Uint8Array, pagesMax: number): Uint8Array<ArrayBuffer> {
  const limited = Uint8Array.from(module);
  for (let at = headerBytes; at < limited.length;) {
    const size = readVarint(limited, at + 1);
    if (limited[at] !== memorySection) {
      at = size.end + size.value;
      continue;
    }
    const count = readVarint(limited, size.end);
    const minimum = readVarint(limited, count.end + 1);
    const maximum = readVarint(limited, minimum.end);
    if (count.value !== 1 || limited[count.end] !== hasMaximum || minimum.value > pagesMax) break;
    const pages = Math.min(pagesMax, maximum.value);
    // The same number of bytes as before, so that nothing moves; padding is legal.
    for (let index = minimum.end; index < maximum.end; index += 1) {
      const group = Math.floor(pages / 128 ** (index - minimum.end)) % 128;
      limited[index] = index === maximum.end - 1 ? group : group | 0x80;
    }
    return limited;
  }
  throw new RangeError(`the module has no memory that can be limited to ${pagesMax} pages`);
}
