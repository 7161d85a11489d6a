/** Base64 with the standard alphabet, read strictly: Buffer alone skips what it does not know. */

/** The bytes, or undefined when the text is not base64. White space anywhere is allowed, padding is required. */
export function decodeBase64(text: string): Uint8Array | undefined {
  return decodeCompact(text) ?? decodeCompact(text.replace(/[ \t\r\n]+/g, ''));
}

function decodeCompact(text: string): Uint8Array | undefined {
  if (text.length % 4 !== 0) return undefined;
  // Buffer also takes the URL alphabet, and of characters beyond Latin-1 the lower byte. The search is for what is
  // wrong, since a match of all that is right would keep a place to return to for every character.
  if (/[^A-Za-z0-9+/=]/.test(text)) return undefined;
  const padding = text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0;
  const bytes = Buffer.from(text, 'base64');
  // An equals sign before the end makes the result shorter.
  if (bytes.length !== (text.length / 4) * 3 - padding) return undefined;
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length);
}

export function encodeBase64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('base64');
}
