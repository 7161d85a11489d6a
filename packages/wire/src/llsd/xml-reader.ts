/** LLSD in XML, as `application/llsd+xml` bodies, materials and dynamic attributes of scene objects have it. */
import { decodeBase64 } from '../base64.ts';
import { parseIsoTimestamp } from '../timestamp.ts';
import { tryParseUuid, zeroUuid } from '../uuid.ts';
import type { XmlElement } from '../xml-tree.ts';
import { XmlError, parseXml } from '../xml-tree.ts';
import { escapeBareMarkup } from './bare-markup.ts';
import type { LlsdLimits, LlsdValue } from './value.ts';
import {
  LlsdBudget,
  LlsdDate,
  LlsdError,
  LlsdReal,
  LlsdUri,
  LlsdUuid,
  limitsFor,
  tryParseInteger,
  tryParseReal,
} from './value.ts';

export interface LlsdXmlOptions extends Partial<LlsdLimits> {
  /** Repair keys and URIs that OpenSimulator's fast writer left unescaped. Only for our own simulators' output. */
  readonly bareMarkup?: boolean;
}

/** `<? LLSD/XML ?>` is no well-formed XML, so it goes before the XML reader sees it. */
const llsdHeader = /^\ufeff?\s{0,100}<\?\s?llsd\/xml\s?\?>\s{0,100}/i;

/** Reads one document. Throws LlsdError. */
export function readLlsdXml(text: string, options: LlsdXmlOptions = {}): LlsdValue {
  const limits = limitsFor(text.length, options);
  const body = text.replace(llsdHeader, '');
  const root = parseDocument(options.bareMarkup === true ? escapeBareMarkup(body) : body, limits);
  return llsdFromXml(root, limits);
}

function parseDocument(body: string, limits: LlsdLimits): XmlElement {
  try {
    // Each value is an element, inside one for the root; keys stand a level below their map. Escaping may lengthen.
    return parseXml(body, {
      depthMax: limits.depthMax + 2,
      nodesMax: limits.valuesMax * 3 + 1,
      lengthMax: limits.lengthMax * 5,
    });
  } catch (error) {
    if (error instanceof XmlError) throw new LlsdError(error.message, error.offset);
    throw error;
  }
}

/** Reads an `llsd` element that is part of a larger document. Throws LlsdError. */
export function llsdFromXml(root: XmlElement, limits: Partial<LlsdLimits> = {}): LlsdValue {
  if (root.name !== 'llsd') throw new LlsdError(`<${root.name}> instead of <llsd>`, root.start);
  const [value, second] = root.children;
  if (value === undefined) throw new LlsdError('<llsd> without a value', root.start);
  if (second !== undefined) throw new LlsdError('<llsd> with more than one value', second.start);
  requireBlank(root);
  return readValue(value, 1, new LlsdBudget(limitsFor(0, limits)));
}

function readValue(element: XmlElement, depth: number, budget: LlsdBudget): LlsdValue {
  budget.enter(depth, element.start);
  switch (element.name) {
    case 'map':
      return readMap(element, depth, budget);
    case 'array':
      requireBlank(element);
      return element.children.map((child) => readValue(child, depth + 1, budget));
    default:
      if (element.children.length > 0)
        throw new LlsdError(`elements inside <${element.name}>`, element.start);
      return readScalar(element);
  }
}

function readMap(element: XmlElement, depth: number, budget: LlsdBudget): LlsdValue {
  requireBlank(element);
  const map = new Map<string, LlsdValue>();
  const { children } = element;
  for (let index = 0; index < children.length; index += 2) {
    const key = children[index];
    const value = children[index + 1];
    if (key === undefined || key.name !== 'key' || key.children.length > 0)
      throw new LlsdError('a map without <key> before a value', key?.start ?? element.start);
    if (value === undefined || value.name === 'key')
      throw new LlsdError(`no value for the key ${shown(key.text)}`, key.start);
    map.set(key.text, readValue(value, depth + 1, budget));
  }
  return map;
}

function readScalar(element: XmlElement): LlsdValue {
  const { name, text } = element;
  if (name === 'string') return text;
  const trimmed = text.trim();
  const empty = trimmed === '';
  switch (name) {
    case 'undef':
      return undefined;
    case 'boolean':
      return trimmed === '1' || trimmed === 'true';
    case 'integer':
      return empty ? 0 : valid(tryParseInteger(trimmed), element);
    case 'real':
      return new LlsdReal(empty ? 0 : valid(tryParseReal(trimmed), element));
    case 'uuid':
      return new LlsdUuid(empty ? zeroUuid : valid(tryParseUuid(trimmed), element));
    case 'date':
      return new LlsdDate(empty ? 0 : valid(parseIsoTimestamp(trimmed), element));
    case 'uri':
      return new LlsdUri(trimmed);
    case 'binary':
      return readBinary(element);
    default:
      throw new LlsdError(`<${name}> is no LLSD value`, element.start);
  }
}

function readBinary(element: XmlElement): Uint8Array {
  const encoding = element.attributes.get('encoding') ?? 'base64';
  if (encoding !== 'base64') throw new LlsdError(`binary in the encoding ${shown(encoding)}`, element.start);
  return valid(decodeBase64(element.text), element);
}

function valid<T>(value: T | undefined, element: XmlElement): T {
  if (value === undefined)
    throw new LlsdError(`not a value of <${element.name}>: ${shown(element.text)}`, element.start);
  return value;
}

function requireBlank(element: XmlElement): void {
  if (element.text.trim() !== '') throw new LlsdError(`text inside <${element.name}>`, element.start);
}

function shown(text: string): string {
  return JSON.stringify(text.slice(0, 60));
}
