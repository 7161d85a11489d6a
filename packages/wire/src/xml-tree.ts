/**
 * The XML that simulators, viewers and archives speak, as a tree with source offsets.
 * Linear in time, bounded in depth, nodes and text; a DOCTYPE is refused before anything is expanded.
 */
import {
  continuesName,
  forbiddenAt,
  referenceLengthMax,
  resolveReference,
  startsName,
  withoutForbidden,
} from './xml-characters.ts';

export interface XmlLimits {
  /** Nesting of elements; the root has depth 1. */
  readonly depthMax: number;
  /** Elements and attributes together. */
  readonly nodesMax: number;
  /** UTF-16 units of the whole document. */
  readonly lengthMax: number;
}

/** Names and texts may be slices that keep the whole source in memory: copy what is kept for long. */
export interface XmlElement {
  /** As written, prefix included. */
  readonly name: string;
  readonly attributes: ReadonlyMap<string, string>;
  readonly children: readonly XmlElement[];
  /** Own text and CDATA joined, entities resolved, white space kept; '' when there is none. */
  readonly text: string;
  /** Offsets into the source: `start` at '<', `contentStart` after the start tag, `contentEnd` before the end tag, `end` after it. */
  readonly start: number;
  readonly contentStart: number;
  readonly contentEnd: number;
  readonly end: number;
}

/** A document that breaks a rule of XML or a limit; `offset` is where, in UTF-16 units. */
export class XmlError extends Error {
  override readonly name = 'XmlError';
  readonly offset: number;
  constructor(message: string, offset: number) {
    super(message);
    this.offset = offset;
  }
}

/** Depth 64 as for scene objects (the deepest legal documents), 10 million characters as OpenSimulator allows an object. */
export const defaultXmlLimits: XmlLimits = { depthMax: 64, nodesMax: 1_000_000, lengthMax: 10_000_000 };

/**
 * Parses one document: optional byte order mark and declaration (its encoding is ignored, see docs/formats.md),
 * one root element, comments and processing instructions skipped. Line ends and white space in attributes stay as
 * written, as in the reader that OpenSimulator uses. Throws XmlError.
 */
export function parseXml(text: string, limits: Partial<XmlLimits> = {}): XmlElement {
  const { depthMax, nodesMax, lengthMax } = { ...defaultXmlLimits, ...limits };
  if (text.length > lengthMax)
    throw new XmlError(`${text.length} characters, more than the ${lengthMax} allowed`, lengthMax);
  const forbidden = forbiddenAt(text);
  if (forbidden !== -1)
    throw new XmlError(`a character that XML does not allow (at character ${forbidden})`, forbidden);
  return new Reader(text, depthMax, nodesMax).document();
}

/** The first child of that name. */
export function childOf(element: XmlElement, name: string): XmlElement | undefined {
  for (const child of element.children) if (child.name === name) return child;
  return undefined;
}

/** Every child of that name, in order. */
export function childrenOf(element: XmlElement, name: string): XmlElement[] {
  return element.children.filter((child) => child.name === name);
}

/** The text of the first child of that name, or undefined when there is no such child. */
export function textOf(element: XmlElement, name: string): string | undefined {
  return childOf(element, name)?.text;
}

/** Escapes text content: & < > and a carriage return as &#xD;; characters that XML 1.0 forbids are left out. */
export function escapeXml(text: string): string {
  if (isPlain(text)) return text;
  return withoutForbidden(text).replace(/[&<>\r]/g, escapeCharacter);
}

/** Escapes an attribute's value for double quotes: as `escapeXml`, and the quote, tab and line feed too. */
export function escapeXmlAttribute(text: string): string {
  return withoutForbidden(text).replace(/[&<>"\t\n\r]/g, escapeCharacter);
}

/** Nearly every text of the grid services: one look, and nothing is copied. */
function isPlain(text: string): boolean {
  return !/[^\t\n\x20-\x25\x27-\x3b\x3d\x3f-\x7e]/.test(text);
}

function escapeCharacter(character: string): string {
  if (character === '&') return '&amp;';
  if (character === '<') return '&lt;';
  if (character === '>') return '&gt;';
  if (character === '"') return '&quot;';
  return `&#x${character.charCodeAt(0).toString(16).toUpperCase()};`;
}

const noAttributes: ReadonlyMap<string, string> = new Map();
/** Shared by all leaves and never written to. */
const noChildren: XmlElement[] = [];

/** An element while it is being read. */
class OpenElement implements XmlElement {
  readonly name: string;
  attributes = noAttributes;
  children = noChildren;
  text = '';
  readonly start: number;
  contentStart = 0;
  contentEnd = 0;
  end = 0;
  constructor(name: string, start: number) {
    this.name = name;
    this.start = start;
  }
}

const tab = 9;
const lineFeed = 10;
const carriageReturn = 13;
const space = 32;
const exclamation = 33;
const doubleQuote = 34;
const apostrophe = 39;
const slash = 47;
const lessThan = 60;
const equals = 61;
const greaterThan = 62;
const question = 63;

function isSpace(code: number): boolean {
  return code === space || code === lineFeed || code === tab || code === carriageReturn;
}

/** One pass over one text; the open elements are a list, so depth costs no call stack. */
class Reader {
  readonly #text: string;
  readonly #depthMax: number;
  #nodesLeft: number;
  #at = 0;
  /** Where the next '&' and the next ']]>' are: searched for again only once passed, so that the search stays linear. */
  #nextReference = -1;
  #nextSectionEnd = -1;

  constructor(text: string, depthMax: number, nodesMax: number) {
    this.#text = text;
    this.#depthMax = depthMax;
    this.#nodesLeft = nodesMax;
  }

  document(): XmlElement {
    if (this.#text.charCodeAt(0) === 0xfeff) this.#at = 1;
    if (this.#text.startsWith('<?xml', this.#at) && isSpace(this.#text.charCodeAt(this.#at + 5)))
      this.#skipPast('?>', this.#at + 5, 'the XML declaration');
    this.#outsideRoot();
    if (this.#at >= this.#text.length) throw this.#error('there is no element');
    const root = this.#tree();
    this.#outsideRoot();
    if (this.#at < this.#text.length) throw this.#error('a second element after the root');
    return root;
  }

  /** Skips to the next element or the end. */
  #outsideRoot(): void {
    for (;;) {
      this.#skipSpace();
      if (this.#at >= this.#text.length) return;
      if (this.#text.charCodeAt(this.#at) !== lessThan) throw this.#error('text outside the root element');
      const next = this.#text.charCodeAt(this.#at + 1);
      if (next === question) this.#skipInstruction();
      else if (next === exclamation) this.#skipComment();
      else return;
    }
  }

  #tree(): XmlElement {
    const text = this.#text;
    const open: OpenElement[] = [];
    let parent = this.#startTag();
    if (parent.end !== 0) return parent;
    for (;;) {
      const tag = this.#characters(parent);
      const next = text.charCodeAt(tag + 1);
      if (next === slash) {
        this.#endTag(parent);
        const outer = open.pop();
        if (outer === undefined) return parent;
        parent = outer;
      } else if (next === exclamation) {
        if (text.startsWith('<![CDATA[', tag)) this.#section(parent);
        else this.#skipComment();
      } else if (next === question) {
        this.#skipInstruction();
      } else {
        // The root is not on the list, hence the two.
        if (open.length + 2 > this.#depthMax)
          throw this.#error(`elements nested deeper than the ${this.#depthMax} allowed`);
        const element = this.#startTag();
        if (parent.children === noChildren) parent.children = [element];
        else parent.children.push(element);
        if (element.end === 0) {
          open.push(parent);
          parent = element;
        }
      }
    }
  }

  /** Adds the text up to the next tag to the element and returns that tag's offset. */
  #characters(element: OpenElement): number {
    const from = this.#at;
    const to = this.#text.indexOf('<', from);
    if (to === -1) throw this.#error(`the document ends inside <${element.name}>`, this.#text.length);
    this.#at = to;
    if (to === from) return to;
    if (this.#nextSectionEnd < from) this.#nextSectionEnd = this.#find(']]>', from);
    if (this.#nextSectionEnd < to) throw this.#error("']]>' outside a CDATA section", this.#nextSectionEnd);
    const characters = this.#resolved(from, to);
    element.text = element.text === '' ? characters : element.text + characters;
    return to;
  }

  /** The source between two offsets with its references replaced. */
  #resolved(from: number, to: number): string {
    if (this.#nextReference < from) this.#nextReference = this.#find('&', from);
    if (this.#nextReference >= to) return this.#text.slice(from, to);
    let result = '';
    let done = from;
    while (this.#nextReference < to) {
      const at = this.#nextReference;
      const name = this.#text.slice(at + 1, Math.min(at + 2 + referenceLengthMax, to));
      const length = name.indexOf(';');
      const replacement = length === -1 ? undefined : resolveReference(name.slice(0, length));
      if (replacement === undefined)
        throw this.#error('an entity or character reference that is not allowed', at);
      result += this.#text.slice(done, at) + replacement;
      done = at + length + 2;
      this.#nextReference = this.#find('&', done);
    }
    return result + this.#text.slice(done, to);
  }

  #section(element: OpenElement): void {
    const from = this.#at + '<![CDATA['.length;
    this.#skipPast(']]>', from, 'a CDATA section');
    element.text += this.#text.slice(from, this.#at - 3);
  }

  #startTag(): OpenElement {
    const start = this.#at;
    this.#at = start + 1;
    const element = new OpenElement(this.#name('an element'), start);
    this.#countNode();
    let attributes: Map<string, string> | undefined;
    for (;;) {
      const code = this.#text.charCodeAt(this.#at);
      if (code === greaterThan) {
        this.#at += 1;
        element.contentStart = this.#at;
        return element;
      }
      if (code === slash) {
        if (this.#text.charCodeAt(this.#at + 1) !== greaterThan) throw this.#error("'/' inside a tag");
        this.#at += 2;
        element.contentStart = element.contentEnd = element.end = this.#at;
        return element;
      }
      if (!isSpace(code)) throw this.#error(`a bad or cut start tag of <${element.name}>`);
      this.#skipSpace();
      if (!startsName(this.#text.charCodeAt(this.#at))) continue;
      if (attributes === undefined) element.attributes = attributes = new Map();
      this.#attribute(attributes);
    }
  }

  #attribute(attributes: Map<string, string>): void {
    const start = this.#at;
    const name = this.#name('an attribute');
    this.#skipSpace();
    if (this.#text.charCodeAt(this.#at) !== equals) throw this.#error(`no '=' after the attribute ${name}`);
    this.#at += 1;
    this.#skipSpace();
    const quote = this.#text.charCodeAt(this.#at);
    if (quote !== doubleQuote && quote !== apostrophe)
      throw this.#error(`no quote after the attribute ${name}`);
    const from = this.#at + 1;
    let to = from;
    for (;;) {
      const code = this.#text.charCodeAt(to);
      if (code === quote) break;
      if (code === lessThan) throw this.#error(`'<' inside the attribute ${name}`, to);
      if (to >= this.#text.length) throw this.#error(`the document ends inside the attribute ${name}`, to);
      to += 1;
    }
    if (attributes.has(name)) throw this.#error(`the attribute ${name} occurs twice`, start);
    this.#countNode();
    attributes.set(name, this.#resolved(from, to));
    this.#at = to + 1;
  }

  #endTag(element: OpenElement): void {
    const start = this.#at;
    if (!this.#text.startsWith(element.name, start + 2))
      throw this.#error(`an end tag that does not close <${element.name}>`);
    this.#at = start + 2 + element.name.length;
    this.#skipSpace();
    if (this.#text.charCodeAt(this.#at) !== greaterThan)
      throw this.#error(`an end tag that does not close <${element.name}>`, start);
    this.#at += 1;
    element.contentEnd = start;
    element.end = this.#at;
  }

  #skipComment(): void {
    const start = this.#at;
    if (this.#text.startsWith('<!DOCTYPE', start)) throw this.#error('a DOCTYPE is not allowed');
    if (!this.#text.startsWith('<!--', start)) throw this.#error('a declaration that is not allowed');
    this.#skipPast('--', start + 4, 'a comment');
    if (this.#text.charCodeAt(this.#at) !== greaterThan)
      throw this.#error("'--' inside a comment", this.#at - 2);
    this.#at += 1;
  }

  #skipInstruction(): void {
    const start = this.#at;
    this.#at = start + 2;
    const target = this.#name('a processing instruction');
    if (target.toLowerCase() === 'xml')
      throw this.#error('an XML declaration that is not at the start', start);
    if (!isSpace(this.#text.charCodeAt(this.#at)) && !this.#text.startsWith('?>', this.#at))
      throw this.#error('a bad processing instruction', start);
    this.#skipPast('?>', this.#at, 'a processing instruction');
  }

  #name(what: string): string {
    const text = this.#text;
    const start = this.#at;
    if (!startsName(text.charCodeAt(start))) throw this.#error(`${what} without a name`);
    let at = start + 1;
    while (continuesName(text.charCodeAt(at))) at += 1;
    this.#at = at;
    return text.slice(start, at);
  }

  #countNode(): void {
    this.#nodesLeft -= 1;
    if (this.#nodesLeft < 0) throw this.#error('more elements and attributes than allowed');
  }

  #skipSpace(): void {
    while (isSpace(this.#text.charCodeAt(this.#at))) this.#at += 1;
  }

  #skipPast(end: string, from: number, what: string): void {
    const found = this.#text.indexOf(end, from);
    if (found === -1) throw this.#error(`the document ends inside ${what}`, this.#text.length);
    this.#at = found + end.length;
  }

  /** As indexOf, with the end of the text for "not found". */
  #find(wanted: string, from: number): number {
    const found = this.#text.indexOf(wanted, from);
    return found === -1 ? this.#text.length : found;
  }

  #error(message: string, offset = this.#at): XmlError {
    return new XmlError(`${message} (at character ${offset})`, offset);
  }
}
