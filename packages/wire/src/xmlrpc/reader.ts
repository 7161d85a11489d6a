/** Reads XML-RPC as viewers, OpenSimulator and web scripts send it: far from one dialect. */
import { decodeBase64 } from '../base64.ts';
import { LlsdDate, LlsdReal, tryParseInteger, tryParseReal } from '../llsd/value.ts';
import { parseCompactTimestamp, parseIsoTimestamp } from '../timestamp.ts';
import { tryDecodeUtf8Document } from '../utf8.ts';
import type { XmlElement } from '../xml-tree.ts';
import { XmlError, childOf, parseXml, textOf } from '../xml-tree.ts';
import type { XmlRpcFault, XmlRpcLimits, XmlRpcRequest, XmlRpcResponse, XmlRpcValue } from './value.ts';
import { XmlRpcError, defaultXmlRpcLimits, isXmlRpcStruct } from './value.ts';

/** Reads a `methodCall`. Throws XmlRpcError. */
export function readXmlRpcRequest(body: Uint8Array, limits: Partial<XmlRpcLimits> = {}): XmlRpcRequest {
  const all = { ...defaultXmlRpcLimits, ...limits };
  const root = parseBody(body, 'methodCall', all);
  const method = textOf(root, 'methodName')?.trim() ?? '';
  if (method === '') throw new XmlRpcError('a call without a method name');
  return { method, parameters: readParameters(root, all.depthMax) };
}

/** Reads a `methodResponse`; one without a value answers nil. Throws XmlRpcError. */
export function readXmlRpcResponse(body: Uint8Array, limits: Partial<XmlRpcLimits> = {}): XmlRpcResponse {
  const all = { ...defaultXmlRpcLimits, ...limits };
  const root = parseBody(body, 'methodResponse', all);
  const fault = childOf(root, 'fault');
  if (fault !== undefined) return { kind: 'fault', fault: readFault(fault, all.depthMax) };
  const values = readParameters(root, all.depthMax);
  if (values.length > 1) throw new XmlRpcError('a response with more than one value');
  return { kind: 'value', value: values[0] };
}

/** The elements of one level of values: value, struct or array, member or data. */
const elementsPerLevel = 4;

function parseBody(body: Uint8Array, rootName: string, limits: XmlRpcLimits): XmlElement {
  if (body.length > limits.bytesMax)
    throw new XmlRpcError(`a body of ${body.length} bytes, more than the ${limits.bytesMax} allowed`);
  // As OpenSimulator does, whatever encoding the declaration claims.
  const text = tryDecodeUtf8Document(body);
  if (text === undefined) throw new XmlRpcError('a body that is not UTF-8');
  let root: XmlElement;
  try {
    root = parseXml(text, {
      depthMax: (limits.depthMax + 1) * elementsPerLevel,
      nodesMax: limits.bytesMax,
      lengthMax: limits.bytesMax,
    });
  } catch (error) {
    if (error instanceof XmlError) throw new XmlRpcError(`bad XML: ${error.message}`);
    throw error;
  }
  if (root.name !== rootName) throw new XmlRpcError(`<${root.name}> instead of <${rootName}>`);
  return root;
}

function readParameters(root: XmlElement, depthMax: number): XmlRpcValue[] {
  const params = childOf(root, 'params');
  if (params === undefined) return [];
  return params.children.map((param) => {
    const value = childOf(param, 'value');
    if (param.name !== 'param' || value === undefined) throw new XmlRpcError('<params> without values');
    return readValue(value, depthMax);
  });
}

function readFault(fault: XmlElement, depthMax: number): XmlRpcFault {
  const value = childOf(fault, 'value');
  const struct = value === undefined ? undefined : readValue(value, depthMax);
  const code = isXmlRpcStruct(struct) ? struct.get('faultCode') : undefined;
  const text = isXmlRpcStruct(struct) ? struct.get('faultString') : undefined;
  if (typeof code !== 'number') throw new XmlRpcError('a fault without an integer faultCode');
  return { code, text: typeof text === 'string' ? text : '' };
}

function readValue(value: XmlElement, depthLeft: number): XmlRpcValue {
  if (depthLeft < 1) throw new XmlRpcError('values nested deeper than allowed');
  const [typed, second] = value.children;
  // Text without a type is a string, an empty value too.
  if (typed === undefined) return value.text;
  if (second !== undefined) throw new XmlRpcError('a value with more than one type');
  requireBlank(value);
  if (typed.name === 'struct') return readStruct(typed, depthLeft);
  if (typed.name === 'array') return readArray(typed, depthLeft);
  if (typed.children.length > 0) throw new XmlRpcError(`elements inside <${typed.name}>`);
  return readScalar(typed);
}

function readStruct(struct: XmlElement, depthLeft: number): XmlRpcValue {
  requireBlank(struct);
  const members = new Map<string, XmlRpcValue>();
  for (const member of struct.children) {
    const name = textOf(member, 'name');
    const value = childOf(member, 'value');
    if (member.name !== 'member' || name === undefined || value === undefined)
      throw new XmlRpcError('a struct member without name and value');
    if (name === '') throw new XmlRpcError('a struct member with an empty name');
    if (members.has(name)) throw new XmlRpcError(`the struct member ${shown(name)} occurs twice`);
    members.set(name, readValue(value, depthLeft - 1));
  }
  return members;
}

function readArray(array: XmlElement, depthLeft: number): XmlRpcValue {
  requireBlank(array);
  const [data, second] = array.children;
  if (data === undefined) return [];
  if (data.name !== 'data' || second !== undefined) throw new XmlRpcError('<array> without one <data>');
  requireBlank(data);
  return data.children.map((value) => {
    if (value.name !== 'value') throw new XmlRpcError(`<${value.name}> inside <data>`);
    return readValue(value, depthLeft - 1);
  });
}

function readScalar(element: XmlElement): XmlRpcValue {
  const { text } = element;
  const trimmed = text.trim();
  switch (element.name) {
    case 'int':
    case 'i4':
      return valid(tryParseInteger(trimmed), element);
    case 'i8':
    case 'ex:i8':
      return valid(tryParseLong(trimmed), element);
    case 'boolean':
      return valid(booleans.get(trimmed.toLowerCase()), element);
    case 'double': {
      const value = valid(tryParseReal(trimmed), element);
      return new LlsdReal(value);
    }
    case 'dateTime.iso8601':
      return new LlsdDate(valid(parseCompactTimestamp(trimmed) ?? parseIsoTimestamp(trimmed), element));
    case 'base64':
      return valid(decodeBase64(text), element);
    case 'nil':
    case 'ex:nil':
      return undefined;
    default:
      // string, and as viewers do any type that is not known.
      return text;
  }
}

const booleans: ReadonlyMap<string, boolean> = new Map([
  ['1', true],
  ['0', false],
  ['true', true],
  ['false', false],
]);

/** 64-bit integers as far as a number is exact. */
function tryParseLong(text: string): number | undefined {
  if (!/^[+-]?\d{1,19}$/.test(text)) return undefined;
  const value = Number(text);
  if (!Number.isSafeInteger(value)) return undefined;
  return value === 0 ? 0 : value;
}

function valid<T>(value: T | undefined, element: XmlElement): T {
  if (value === undefined) throw new XmlRpcError(`not a value of <${element.name}>: ${shown(element.text)}`);
  return value;
}

function requireBlank(element: XmlElement): void {
  if (element.text.trim() !== '') throw new XmlRpcError(`text beside elements in <${element.name}>`);
}

function shown(text: string): string {
  return JSON.stringify(text.slice(0, 60));
}
