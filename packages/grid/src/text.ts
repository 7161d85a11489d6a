/**
 * The text as every database and every XML reply can hold it, cut to a number of UTF-16 units without splitting a
 * character: PostgreSQL refuses U+0000, and XML 1.0 the other control characters.
 */
export function storableText(text: string, unitsMax: number): string {
  return cutText(text.toWellFormed().replace(/[\0-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]/g, ''), unitsMax);
}

/** At most so many UTF-16 units of a well-formed text, without splitting a character. */
export function cutText(text: string, unitsMax: number): string {
  if (text.length <= unitsMax) return text;
  const last = text.charCodeAt(unitsMax - 1);
  const splits = last >= 0xd800 && last <= 0xdbff;
  return text.slice(0, splits ? unitsMax - 1 : unitsMax);
}
