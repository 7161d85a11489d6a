/** The XML documents with which grid services answer forms: `ServerResponse` and, inside, text and nested lists. */
import type { XmlElement } from '../xml-tree.ts';
import { XmlError, escapeXml, parseXml } from '../xml-tree.ts';
import { decodeElementName, encodeElementName } from './element-name.ts';

/**
 * What may be written. Numbers take their shortest decimal, booleans are `True` and `False`,
 * undefined is left out. Anything else is the caller's to turn into text.
 */
export type ReplyValue = undefined | string | number | boolean | Reply;
export type Reply = ReadonlyMap<string, ReplyValue>;

/** What comes out of reading: text or nested replies. */
export type ReadReplyValue = string | ReadReply;
export type ReadReply = ReadonlyMap<string, ReadReplyValue>;

/**
 * Three layouts occur; simulators parse them alike. `compact` for replies with data, `indented` for the success and
 * failure documents of most services, `literal` for those of accounts and maps, whose declaration holds a stray space.
 */
export type ReplyLayout = 'compact' | 'indented' | 'literal';

/** A reply that is no XML or no `ServerResponse`. Callers treat it as no answer. */
export class ReplyError extends Error {
  override readonly name = 'ReplyError';
}

const declarations: Readonly<Record<ReplyLayout, string>> = {
  compact: '<?xml version="1.0"?>',
  indented: '<?xml version="1.0"?>\n',
  literal: '<?xml version ="1.0"?>',
};

/** A document without byte order mark and without a line end after it. */
export function writeReply(reply: Reply, layout: ReplyLayout = 'compact'): string {
  const parts = [declarations[layout]];
  writeElement('ServerResponse', '', reply, parts, layout === 'indented' ? '\n' : '');
  return parts.join('');
}

/** `lineStart` is a line feed and the indent of the element's own line, or empty in the layouts of one line. */
function writeElement(
  name: string,
  attributes: string,
  map: Reply,
  parts: string[],
  lineStart: string,
): void {
  const members = [...map].filter(([, value]) => value !== undefined);
  if (members.length === 0) {
    parts.push(`<${name}${attributes} />`);
    return;
  }
  const inner = lineStart === '' ? '' : `${lineStart}  `;
  parts.push(`<${name}${attributes}>`);
  for (const [key, value] of members) {
    parts.push(inner);
    writeMember(encodeElementName(key), value, parts, inner);
  }
  parts.push(`${lineStart}</${name}>`);
}

function writeMember(name: string, value: ReplyValue, parts: string[], lineStart: string): void {
  if (typeof value === 'object') writeElement(name, ' type="List"', value, parts, lineStart);
  else parts.push(`<${name}>${escapeXml(scalarText(value))}</${name}>`);
}

function scalarText(value: undefined | string | number | boolean): string {
  if (value === true) return 'True';
  if (value === false) return 'False';
  return value === undefined ? '' : String(value);
}

/** Larger ones fail in simulators too. */
const lengthMaxDefault = 50_000_000;
const depthMax = 32;

/** Reads the first `ServerResponse` in a document; of several members of one name the last counts. Throws ReplyError. */
export function readReply(text: string, lengthMax = lengthMaxDefault): ReadReply {
  const response = findResponse(parseDocument(text, lengthMax));
  if (response === undefined) throw new ReplyError('no ServerResponse');
  return readMap(response);
}

function parseDocument(text: string, lengthMax: number): XmlElement {
  try {
    return parseXml(text, { depthMax, lengthMax });
  } catch (error) {
    if (error instanceof XmlError) throw new ReplyError(`bad XML: ${error.message}`);
    throw error;
  }
}

function findResponse(element: XmlElement): XmlElement | undefined {
  if (element.name === 'ServerResponse') return element;
  for (const child of element.children) {
    const found = findResponse(child);
    if (found !== undefined) return found;
  }
  return undefined;
}

function readMap(element: XmlElement): ReadReply {
  const map = new Map<string, ReadReplyValue>();
  for (const child of element.children) {
    const name = decodeElementName(child.name);
    if (child.attributes.get('type') === 'List') map.set(name, readMap(child));
    else if (child.children.length > 0)
      throw new ReplyError(`elements inside ${name}, which is not marked as a list`);
    else map.set(name, child.text);
  }
  return map;
}
