/**
 * The documents of .NET's XmlSerializer with which asset services answer: a byte order mark, a declaration,
 * elements indented by two spaces, no line end at the end.
 */
import { tryDecodeUtf8Document } from '../utf8.ts';
import type { XmlElement } from '../xml-tree.ts';
import { XmlError, escapeXml, parseXml } from '../xml-tree.ts';

/** A document that is not what was asked for, or too large. */
export class SerializedError extends Error {
  override readonly name = 'SerializedError';
}

const start = '\ufeff<?xml version="1.0" encoding="utf-8"?>\n';
export const serializedNamespaces =
  ' xmlns:xsd="http://www.w3.org/2001/XMLSchema" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"';

/** The answer to storing an asset: its id. Empty means refused. */
export function writeStringDocument(text: string): Uint8Array {
  return encode(`${start}${leafElement('string', text)}`);
}

export function writeBooleanDocument(value: boolean): Uint8Array {
  return encode(`${start}<boolean>${value}</boolean>`);
}

/** The answer to an existence question: one entry for each id asked, in order. */
export function writeBooleansDocument(values: readonly boolean[]): Uint8Array {
  return writeRoot(
    'ArrayOfBoolean',
    values.map((value) => `<boolean>${value}</boolean>`),
  );
}

/** The existence question. */
export function writeStringsDocument(values: readonly string[]): Uint8Array {
  return writeRoot(
    'ArrayOfString',
    values.map((value) => leafElement('string', value)),
  );
}

/** A root with namespaces around members on lines of their own. */
function writeRoot(name: string, members: readonly string[]): Uint8Array {
  return encode(`${start}${rootText(name, members)}`);
}

/** As text and without the declaration, for who adds more. */
export function rootText(name: string, members: readonly string[]): string {
  if (members.length === 0) return `<${name}${serializedNamespaces} />`;
  return `<${name}${serializedNamespaces}>${members.map((member) => `\n  ${member}`).join('')}\n</${name}>`;
}

export function leafElement(name: string, text: string): string {
  return text === '' ? `<${name} />` : `<${name}>${escapeXml(text)}</${name}>`;
}

/** Throws SerializedError. */
export function readStringDocument(body: Uint8Array, lengthMax = smallLengthMax): string {
  return readRoot(body, 'string', lengthMax).text;
}

/** Throws SerializedError. */
export function readBooleanDocument(body: Uint8Array, lengthMax = smallLengthMax): boolean {
  return readBoolean(readRoot(body, 'boolean', lengthMax));
}

/** Throws SerializedError. */
export function readBooleansDocument(body: Uint8Array, lengthMax = defaultLengthMax): boolean[] {
  return readRoot(body, 'ArrayOfBoolean', lengthMax).children.map((child) =>
    readBoolean(named(child, 'boolean')),
  );
}

/** Throws SerializedError. */
export function readStringsDocument(body: Uint8Array, lengthMax = defaultLengthMax): string[] {
  return readRoot(body, 'ArrayOfString', lengthMax).children.map((child) => named(child, 'string').text);
}

const smallLengthMax = 10_000;
const defaultLengthMax = 10_000_000;
/** No document of these services is deeper. */
const depthMax = 16;

/** Parses a body of at most `lengthMax` bytes and checks the name of its root. Throws SerializedError. */
export function readRoot(body: Uint8Array, name: string, lengthMax: number): XmlElement {
  if (body.length > lengthMax)
    throw new SerializedError(`a document of ${body.length} bytes, more than the ${lengthMax} allowed`);
  const text = tryDecodeUtf8Document(body);
  if (text === undefined) throw new SerializedError('a document that is not UTF-8');
  try {
    return named(parseXml(text, { depthMax, lengthMax }), name);
  } catch (error) {
    if (error instanceof XmlError) throw new SerializedError(`bad XML: ${error.message}`);
    throw error;
  }
}

function named(element: XmlElement, name: string): XmlElement {
  if (element.name !== name) throw new SerializedError(`<${element.name}> instead of <${name}>`);
  return element;
}

/** XML schema's boolean, which unlike the rest of OpenSimulator is in lower case. */
export function readBoolean(element: XmlElement): boolean {
  const text = element.text.trim();
  if (text === 'true' || text === '1') return true;
  if (text === 'false' || text === '0') return false;
  throw new SerializedError(`not a boolean in <${element.name}>: ${JSON.stringify(text.slice(0, 60))}`);
}

function encode(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text, 'utf8'));
}
