/**
 * From the bytes of a document to text. Declarations lie: OpenSimulator writes UTF-8 and declares utf-16
 * (an artefact of .NET's string writer), so only a byte order mark counts.
 */
import type { XmlElement, XmlLimits } from '@gridkeep/wire/xml-tree';
import { XmlError, parseXml } from '@gridkeep/wire/xml-tree';
import type { DocumentFinding, DocumentRule } from './document-error.ts';
import { DocumentError } from './document-error.ts';

export interface DocumentText {
  /** Without byte order mark and trailing NULs. */
  readonly text: string;
  readonly encoding: 'utf-8' | 'utf-16le' | 'utf-16be';
  /** True when bytes that are not of the encoding became U+FFFD: the bytes themselves must be kept. */
  readonly replaced: boolean;
}

/** No document of an archive is larger; callers have lower caps per kind. */
export const documentBytesMax = 64 * 1024 * 1024;

/** The prolog in which a DOCTYPE can stand: declaration, comments, instructions. */
const prologLengthMax = 64 * 1024;

const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: false });
const looseUtf8 = new TextDecoder('utf-8', { fatal: false, ignoreBOM: false });

/** Throws a DocumentError (C4) for an oversized document or one with a DOCTYPE. */
export function decodeDocument(bytes: Uint8Array): DocumentText {
  if (bytes.length > documentBytesMax)
    throw new DocumentError('C4', '', `${bytes.length} bytes, more than the ${documentBytesMax} allowed`);
  const decoded = decode(bytes);
  const text = withoutTrailingNuls(decoded.text);
  refuseDoctype(text);
  return { ...decoded, text };
}

function decode(bytes: Uint8Array): DocumentText {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return decodeUtf16(bytes, 'utf-16le');
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return decodeUtf16(bytes, 'utf-16be');
  try {
    return { text: strictUtf8.decode(bytes), encoding: 'utf-8', replaced: false };
  } catch {
    return { text: looseUtf8.decode(bytes), encoding: 'utf-8', replaced: true };
  }
}

function decodeUtf16(bytes: Uint8Array, encoding: 'utf-16le' | 'utf-16be'): DocumentText {
  const text = new TextDecoder(encoding, { ignoreBOM: false }).decode(bytes);
  return { text, encoding, replaced: text.includes('\ufffd') };
}

/** Object assets mostly end with one NUL; archives of old end with more. */
function withoutTrailingNuls(text: string): string {
  let end = text.length;
  while (end > 0 && text.charCodeAt(end - 1) === 0) end -= 1;
  return end === text.length ? text : text.slice(0, end);
}

/** The XML reader refuses it as well; here it gets its own rule and is found before any limit is. */
function refuseDoctype(text: string): void {
  const at = text.slice(0, prologLengthMax).search(/<!DOCTYPE/i);
  if (at < 0) return;
  const root = text.search(/<[A-Za-z_]/);
  if (root === -1 || at < root) throw new DocumentError('C4', '', 'a DOCTYPE is not allowed', at);
}

/** What to say of a document with replaced bytes: one finding, or none. */
export function replacedFindings(rule: DocumentRule, replaced: boolean): readonly DocumentFinding[] {
  if (!replaced) return [];
  const message = 'bytes that are not of the encoding were read as U+FFFD';
  return [{ rule, severity: 'warning', field: '', message }];
}

/** Parses the text of a document; what XML or a limit forbids becomes a DocumentError of the given rule. */
export function parseDocument(text: string, rule: DocumentRule, limits: Partial<XmlLimits> = {}): XmlElement {
  try {
    return parseXml(text, limits);
  } catch (error) {
    if (error instanceof XmlError) throw new DocumentError(rule, '', error.message, error.offset);
    throw error;
  }
}
