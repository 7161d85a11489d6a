/**
 * Names in trees. On disk a name is bytes; here it is a string in which a byte that is not UTF-8 stands as U+DC80 … U+DCFF
 * (the byte in its low half), so that every name goes both ways.
 */

/** The name as bytes, as it stands on disk. Throws RangeError for a surrogate that stands for no byte. */
export function nodeNameBytes(name: string): Buffer {
  void name;
  throw new Error('not yet');
}

export function nodeNameFromBytes(bytes: Uint8Array): string {
  void bytes;
  throw new Error('not yet');
}

/** Like the bytes, which UTF-16 does not: for sorting. */
export function compareNodeNames(a: string, b: string): number {
  void [a, b];
  throw new Error('not yet');
}

/** False for what cannot be one entry of a folder: empty, '.', '..', '/' or NUL in it, above 4096 bytes. */
export function isNodeName(name: string): boolean {
  void name;
  throw new Error('not yet');
}

/** What stands in a tree's JSON string: Go's strconv.Quote without its quotes. */
export function escapeNodeName(name: string): string {
  void name;
  throw new Error('not yet');
}

/** The other way; raw characters are taken too. Throws FormatError. */
export function unescapeNodeName(escaped: string): string {
  void escaped;
  throw new Error('not yet');
}
