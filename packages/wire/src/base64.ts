/** Base64 with the standard alphabet, read strictly: Buffer alone skips what it does not know. */

/** The bytes, or undefined when the text is not base64. White space anywhere is allowed, padding is required. */
export function decodeBase64(text: string): Uint8Array | undefined {
  return decodeCompact(text) ?? decodeCompact(text.replace(/[ \t\r\n]+/g, ''));
}

function decodeCompact(text: string): Uint8Array | undefined {
  if (text.length % 4 !== 0) return undefined;
  // Buffer also takes the URL alphabet, and of characters beyond ASCII it may look at the lower byte only.
  if (text.includes('-') || text.includes('_')) return undefined;
  if (Buffer.byteLength(text, 'utf8') !== text.length) return undefined;
  const padding = text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0;
  const bytes = Buffer.from(text, 'base64');
  // Whatever else is not base64 Buffer skips or stops at, which makes the result shorter.
  if (bytes.length !== (text.length / 4) * 3 - padding) return undefined;
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length);
}

export function encodeBase64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('base64');
}
