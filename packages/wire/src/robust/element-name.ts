/**
 * Any text as an XML element name, the way .NET's XmlConvert does it: what a name may not hold becomes `_xHHHH_`.
 * The avatar key `Wearable 0:0` travels as `Wearable_x0020_0_x003A_0`.
 */

/** Names that were encoded before: replies have few different ones, each thousands of times a second. */
const encoded = new Map<string, string>();
const encodedMax = 4096;

/** Throws a RangeError for the empty text, which has no name. */
export function encodeElementName(text: string): string {
  const known = encoded.get(text);
  if (known !== undefined) return known;
  const name = encodeAnew(text);
  if (encoded.size >= encodedMax) encoded.clear();
  encoded.set(text, name);
  return name;
}

function encodeAnew(text: string): string {
  if (text === '') throw new RangeError('an empty name cannot be an element');
  // An underscore that would read as the start of an escape, its end being one of ours included; then whatever ASCII names may not hold. Beyond ASCII the
  // editions of XML disagree, so all of it is escaped: every reader undoes that.
  return text.replace(
    /_(?=[xX](?:[0-9a-fA-F]{4}|[0-9a-fA-F]{8})[^A-Za-z0-9.-])|[^A-Za-z0-9_.-]|^[0-9.-]/gu,
    (character) => {
      const code = character.codePointAt(0) ?? 0;
      return `_x${code
        .toString(16)
        .toUpperCase()
        .padStart(code > 0xffff ? 8 : 4, '0')}_`;
    },
  );
}

export function decodeElementName(name: string): string {
  if (!name.includes('_')) return name;
  return name.replace(/_[xX]([0-9a-fA-F]{8}|[0-9a-fA-F]{4})_/g, (escape, digits: string) => {
    const code = Number.parseInt(digits, 16);
    return code > 0x10ffff ? escape : String.fromCodePoint(code);
  });
}
