/** Which characters XML 1.0 (fifth edition) allows where, and what entity and character references stand for. */

/** Characters that no XML 1.0 document may hold, not even as a reference. Lone surrogates come on top. */
const forbidden = /[\0-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]/;
const forbiddenAll = new RegExp(`${forbidden.source}|\\p{Cs}`, 'gu');

/** The offset of the first character that XML forbids, or -1. */
export function forbiddenAt(text: string): number {
  const control = text.search(forbidden);
  if (text.isWellFormed()) return control;
  const surrogate = text.search(/\p{Cs}/u);
  return control === -1 ? surrogate : Math.min(control, surrogate);
}

/** The text without the characters that XML forbids. */
export function withoutForbidden(text: string): string {
  return forbidden.test(text) || !text.isWellFormed() ? text.replace(forbiddenAll, '') : text;
}

const nameStart =
  /[:A-Z_a-z\xc0-\xd6\xd8-\xf6\xf8-\u02ff\u0370-\u037d\u037f-\u1fff\u200c\u200d\u2070-\u218f\u2c00-\u2fef\u3001-\udfff\uf900-\ufdcf\ufdf0-\ufffd]/;
const namePart = new RegExp(`${nameStart.source}|[-.0-9\\xb7\\u0300-\\u036f\\u203f\\u2040]`);

const asciiNames = new Uint8Array(128);
for (let code = 0; code < 128; code++) {
  const character = String.fromCharCode(code);
  asciiNames[code] = nameStart.test(character) ? 2 : namePart.test(character) ? 1 : 0;
}

/**
 * Whether a UTF-16 unit may begin a name. Both halves of a surrogate pair pass: the whole
 * document was checked for lone ones, and XML allows nearly all of the planes above the first.
 */
export function startsName(code: number): boolean {
  return code < 128 ? asciiNames[code] === 2 : nameStart.test(String.fromCharCode(code));
}

/** Whether a UTF-16 unit may go on a name. NaN, the end of the text, may not. */
export function continuesName(code: number): boolean {
  return code < 128 ? asciiNames[code] !== 0 : code >= 128 && namePart.test(String.fromCharCode(code));
}

const predefined: ReadonlyMap<string, string> = new Map([
  ['amp', '&'],
  ['lt', '<'],
  ['gt', '>'],
  ['quot', '"'],
  ['apos', "'"],
]);

/** Units between `&` and `;`: the longest sensible reference is `#x10FFFF`, some writers pad with zeros. */
export const referenceLengthMax = 16;

/** What stands between `&` and `;` as text, or undefined when it is unknown or names a forbidden character. */
export function resolveReference(name: string): string | undefined {
  const entity = predefined.get(name);
  if (entity !== undefined) return entity;
  let code: number;
  if (/^#x[0-9a-f]+$/i.test(name) && name[1] === 'x') code = Number.parseInt(name.slice(2), 16);
  else if (/^#[0-9]+$/.test(name)) code = Number.parseInt(name.slice(1), 10);
  else return undefined;
  if (code > 0x10ffff) return undefined;
  const text = String.fromCodePoint(code);
  return forbiddenAt(text) === -1 ? text : undefined;
}
