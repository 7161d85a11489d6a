/** A string as Go's encoding/json writes it, which differs from JSON.stringify (go: src/encoding/json/encode.go). */

/** Nothing to escape in these. */
const plain = /^[ !#-%'-;=?-[\]-~]*$/;
// Control characters, quote, backslash; for pages of HTML <, > and &; line separators; halves of characters.
const escaped = /[\x00-\x1f"\\<>&\u2028\u2029]|\p{Surrogate}/gu;

const short: ReadonlyMap<string, string> = new Map([
  ['"', '\\"'],
  ['\\', '\\\\'],
  ['\b', '\\b'],
  ['\f', '\\f'],
  ['\n', '\\n'],
  ['\r', '\\r'],
  ['\t', '\\t'],
]);

/** Half a character (a byte that is no UTF-8, see node-names.ts) becomes `\ufffd`, as every such byte does in Go. */
export function goString(text: string): string {
  if (plain.test(text)) return `"${text}"`;
  return `"${text.replace(escaped, escapeCharacter)}"`;
}

function escapeCharacter(character: string): string {
  const known = short.get(character);
  if (known !== undefined) return known;
  const code = character.charCodeAt(0);
  return code >= 0xd800 && code <= 0xdfff ? '\\ufffd' : `\\u${code.toString(16).padStart(4, '0')}`;
}
