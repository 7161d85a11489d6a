/**
 * OpenSimulator's fast LLSD writer puts map keys, and one of its writers URIs, into XML without escaping them.
 * A key with & or < breaks the whole document; between its tags it can still be told what was meant.
 */

const knownReference = /&(?!(?:amp|lt|gt|quot|apos|#[0-9]{1,7}|#x[0-9a-fA-F]{1,6});)/g;

/** Escapes bare & and < between `<key>` or `<uri>` and their end tags. */
export function escapeBareMarkup(text: string): string {
  return escapeInside(escapeInside(text, 'key'), 'uri');
}

function escapeInside(text: string, name: string): string {
  const open = `<${name}>`;
  const close = `</${name}>`;
  const parts: string[] = [];
  let done = 0;
  for (;;) {
    const start = text.indexOf(open, done);
    const end = start === -1 ? -1 : text.indexOf(close, start);
    if (end === -1) break;
    const from = start + open.length;
    parts.push(
      text.slice(done, from),
      text.slice(from, end).replace(knownReference, '&amp;').replaceAll('<', '&lt;'),
    );
    done = end;
  }
  parts.push(text.slice(done));
  return parts.join('');
}
