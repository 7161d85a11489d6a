/**
 * Tar as OpenSimulator writes it (OpenSim/Framework/Serialization/TarArchiveWriter.cs): a V7 header with constant
 * mode, owner and time, and GNU long names without a trailing NUL. The same content gives the same bytes.
 */
import { blockBytes } from './tar-header.ts';

export type TarContent =
  | { readonly name: string; readonly bytes: Uint8Array }
  /** The name ends with '/'. */
  | { readonly name: string; readonly directory: true };

const nameBytesMax = 100;
/** The largest size that eleven octal digits hold. */
const sizeMax = 0o77777777777;
const longLinkName = '././@LongLink';

const zeros = new Uint8Array(2 * blockBytes);

/** The entries of a tar stream and its end marker, in order; bodies are passed on, not copied. */
export async function* writeTar(
  contents: AsyncIterable<TarContent> | Iterable<TarContent>,
): AsyncGenerator<Uint8Array, void, void> {
  for await (const content of contents) yield* tarEntry(content);
  yield zeros;
}

function* tarEntry(content: TarContent): Generator<Uint8Array, void, void> {
  const name = Buffer.from(asciiName(content.name), 'latin1');
  if (name.length > nameBytesMax) {
    yield tarHeader(Buffer.from(longLinkName), 'L', name.length);
    // Without the NUL that GNU tar adds: OpenSimulator would take it for a part of the name.
    yield* body(name);
  }
  if ('directory' in content) {
    yield tarHeader(name, '5', 0);
    return;
  }
  yield tarHeader(name, '0', content.bytes.length);
  yield* body(content.bytes);
}

function* body(bytes: Uint8Array): Generator<Uint8Array, void, void> {
  if (bytes.length > 0) yield bytes;
  const padding = (blockBytes - (bytes.length % blockBytes)) % blockBytes;
  if (padding > 0) yield zeros.subarray(0, padding);
}

/**
 * Each UTF-16 unit outside printable ASCII becomes '?', as with OpenSimulator: identity is never in a name.
 * Control characters go the same way, which OpenSimulator would leave in.
 */
export function asciiName(name: string): string {
  return name.replaceAll(/[^ -~]/g, '?');
}

/** Exported for the comparison with headers of real archives. `name` is cut to its first 100 bytes. */
export function tarHeader(name: Uint8Array, typeFlag: '0' | '5' | 'L', size: number): Uint8Array {
  if (size > sizeMax) throw new RangeError(`an entry of ${size} bytes does not fit in a tar header`);
  const block = Buffer.alloc(blockBytes);
  block.set(name.subarray(0, nameBytesMax));
  block.write('0000777\0', 100, 'latin1');
  block.write('0000764\0', 108, 'latin1');
  block.write('0000764\0', 116, 'latin1');
  block.write(`${size.toString(8).padStart(11, '0')}\0`, 124, 'latin1');
  block.write('11017037332\0', 136, 'latin1');
  block.write('        ', 148, 'latin1');
  block.write(typeFlag, 156, 'latin1');
  block.write('0000000\0', 329, 'latin1');
  block.write('0000000\0', 337, 'latin1');
  let sum = 0;
  for (const byte of block) sum += byte;
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return block;
}
