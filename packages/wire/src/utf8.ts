/** UTF-8, where bytes that are none are an error and not a replacement character. */

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** The text, or undefined when the bytes are not UTF-8. A byte order mark is kept. */
export function tryDecodeUtf8(bytes: Uint8Array): string | undefined {
  try {
    return decoder.decode(bytes);
  } catch {
    return undefined;
  }
}

/**
 * As `tryDecodeUtf8`, for whole documents: a byte order mark at the start is dropped. It is no Latin-1, so with it
 * the string would take two bytes for every character and twice the time to read.
 */
export function tryDecodeUtf8Document(bytes: Uint8Array): string | undefined {
  const marked = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf;
  return tryDecodeUtf8(marked ? bytes.subarray(3) : bytes);
}
