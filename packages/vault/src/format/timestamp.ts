/** Times as Go writes them (RFC 3339). */

/** UTC, no fraction when it is zero. Throws RangeError outside of the years 0 to 9999. */
export function formatTimestamp(unixMs: number): string {
  void unixMs;
  throw new Error('not yet');
}

/** Unix milliseconds, nanoseconds rounded down. Throws FormatError. */
export function parseTimestamp(text: unknown, what: string): number {
  void [text, what];
  throw new Error('not yet');
}
