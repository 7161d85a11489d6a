/** Which of its forms some LLSD is in, told from the first bytes, and reading it in that form. */
import { tryDecodeUtf8Document } from '../utf8.ts';
import { readLlsdBinary } from './binary-reader.ts';
import { asciiHead } from './headers.ts';
import { readLlsdNotation } from './notation-reader.ts';
import type { LlsdLimits, LlsdValue } from './value.ts';
import { LlsdError, limitsFor } from './value.ts';
import { readLlsdXml } from './xml-reader.ts';

export type LlsdForm = 'xml' | 'binary' | 'notation' | 'json';

/**
 * The form, or undefined when the bytes begin like none. Text that could be notation or JSON counts as JSON
 * only when the caller expects that. A byte order mark and white space may come first.
 */
export function detectLlsdForm(bytes: Uint8Array, { json = false } = {}): LlsdForm | undefined {
  const head = asciiHead(bytes).replace(/^\xef\xbb\xbf/, '');
  const text = head.trimStart().toLowerCase();
  if (/^<\?\s?llsd\/binary/.test(text)) return 'binary';
  if (/^<\?\s?llsd\/notation/.test(text)) return 'notation';
  if (/^<\?\s?llsd\/xml/.test(text) || text.startsWith('<llsd') || text.startsWith('<?xml')) return 'xml';
  if (text.startsWith('<')) return undefined;
  // The count of a binary map or array that fits in memory begins with a zero byte; no text form holds one.
  if (/^[{[]\0/.test(text)) return 'binary';
  if (/^[{[]/.test(text)) return json ? 'json' : 'notation';
  // Scalars of notation; those of binary look the same and are never sent without a header.
  return /^(?:[!'"]|[01tf](?:\W|$|rue|alse)|i[-+\d]|r[-+.\d]|u[\da-f]|[sb]\(|b16|b64|[dl]["'])/.test(text)
    ? 'notation'
    : undefined;
}

/** Reads XML, binary or notation, whichever it is. Throws LlsdError. */
export function readLlsd(bytes: Uint8Array, limits: Partial<LlsdLimits> = {}): LlsdValue {
  limitsFor(bytes.length, limits);
  switch (detectLlsdForm(bytes)) {
    case 'binary':
      return readLlsdBinary(bytes, limits);
    case 'notation':
      return readLlsdNotation(bytes, limits);
    case 'xml': {
      const text = tryDecodeUtf8Document(bytes);
      if (text === undefined) throw new LlsdError('XML that is not UTF-8', 0);
      return readLlsdXml(text, limits);
    }
    case 'json':
    case undefined:
      throw new LlsdError('neither XML nor binary nor notation', 0);
  }
}
