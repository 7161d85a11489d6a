/**
 * Writes XML-RPC that every peer reads: `<i4>`, explicit end tags, no nil, no document type, one line.
 * OpenSimulator's library reads empty strings as null and loses empty entries of arrays, so those are refused.
 */
import { encodeBase64 } from '../base64.ts';
import { LlsdDate, LlsdReal, integerMax, integerMin } from '../llsd/value.ts';
import { formatCompactTimestamp, isWritableTimestamp } from '../timestamp.ts';
import { escapeXml } from '../xml-tree.ts';
import type { XmlRpcFault, XmlRpcRequest, XmlRpcStruct, XmlRpcValue } from './value.ts';
import { XmlRpcError, XmlRpcWritten, defaultXmlRpcLimits, isXmlRpcStruct } from './value.ts';

const declaration = '<?xml version="1.0" encoding="utf-8"?>';

/**
 * One `methodCall`. OpenSimulator appends its own values to the parameters, so its handlers want exactly one, a struct.
 * Throws XmlRpcError for what cannot be sent.
 */
export function writeXmlRpcRequest({ method, parameters }: XmlRpcRequest): string {
  if (method === '') throw new XmlRpcError('a call without a method name');
  const parts = [declaration, '<methodCall><methodName>', escapeXml(method), '</methodName><params>'];
  for (const parameter of parameters) {
    parts.push('<param>');
    writeValue(parameter, parts, 1);
    parts.push('</param>');
  }
  parts.push('</params></methodCall>');
  return parts.join('');
}

/** One `methodResponse` with a value. Throws XmlRpcError for what cannot be sent. */
export function writeXmlRpcResponse(value: XmlRpcValue): string {
  const parts = [declaration, '<methodResponse><params><param>'];
  writeValue(value, parts, 1);
  parts.push('</param></params></methodResponse>');
  return parts.join('');
}

/** One `methodResponse` with a fault. */
export function writeXmlRpcFault({ code, text }: XmlRpcFault): string {
  const parts = [declaration, '<methodResponse><fault>'];
  const fault = new Map<string, XmlRpcValue>([
    ['faultCode', code],
    ['faultString', text],
  ]);
  writeValue(fault, parts, 1);
  parts.push('</fault></methodResponse>');
  return parts.join('');
}

function writeValue(value: XmlRpcValue, parts: string[], depth: number): void {
  if (depth > defaultXmlRpcLimits.depthMax)
    throw new XmlRpcError(`values nested deeper than the ${defaultXmlRpcLimits.depthMax} that peers read`);
  parts.push('<value>');
  if (value === undefined) throw new XmlRpcError('nil cannot be sent; leave the struct member out');
  else if (typeof value === 'boolean') parts.push(`<boolean>${value ? 1 : 0}</boolean>`);
  else if (typeof value === 'number') parts.push(`<i4>${requireInteger(value)}</i4>`);
  else if (typeof value === 'string') parts.push('<string>', escapeXml(value), '</string>');
  else if (value instanceof LlsdReal) parts.push(`<double>${plainDecimal(value.value)}</double>`);
  else if (value instanceof LlsdDate) parts.push(`<dateTime.iso8601>${formatDate(value)}</dateTime.iso8601>`);
  else if (value instanceof Uint8Array) parts.push('<base64>', encodeBase64(value), '</base64>');
  else if (value instanceof XmlRpcWritten) parts.push(value.xml);
  else if (isXmlRpcStruct(value)) writeStruct(value, parts, depth);
  else writeArray(value, parts, depth);
  parts.push('</value>');
}

/** Members that are undefined are left out: nil is known to few. */
function writeStruct(struct: XmlRpcStruct, parts: string[], depth: number): void {
  parts.push('<struct>');
  for (const [name, value] of struct) {
    if (value === undefined) continue;
    if (name === '') throw new XmlRpcError('a struct member with an empty name');
    parts.push('<member><name>', escapeXml(name), '</name>');
    writeValue(value, parts, depth + 1);
    parts.push('</member>');
  }
  parts.push('</struct>');
}

function writeArray(array: readonly XmlRpcValue[], parts: string[], depth: number): void {
  parts.push('<array><data>');
  for (const value of array) {
    if (value === undefined || value === '')
      throw new XmlRpcError('an empty entry in an array: peers drop it, and later entries move');
    writeValue(value, parts, depth + 1);
  }
  parts.push('</data></array>');
}

function requireInteger(value: number): number {
  if (!Number.isInteger(value) || value < integerMin || value > integerMax)
    throw new XmlRpcError(`${value} is not an integer of 32 bits; send it as a string or LlsdReal`);
  return value;
}

function formatDate({ seconds }: LlsdDate): string {
  if (!isWritableTimestamp(seconds)) throw new XmlRpcError(`a date of ${seconds} seconds cannot be sent`);
  return formatCompactTimestamp(seconds);
}

/** The number without an exponent, which XML-RPC does not have. */
function plainDecimal(value: number): string {
  if (!Number.isFinite(value)) throw new XmlRpcError(`the double ${value} cannot be sent`);
  const text = Object.is(value, -0) ? '-0' : String(value);
  const match = /^(-?)(\d)(?:\.(\d+))?e([+-]\d+)$/.exec(text);
  if (match === null) return text;
  const [, sign = '', first = '', rest = '', power = '0'] = match;
  const exponent = Number(power);
  const digits = first + rest;
  if (exponent < 0) return `${sign}0.${'0'.repeat(-exponent - 1)}${digits}`;
  return `${sign}${digits}${'0'.repeat(Math.max(0, exponent - rest.length))}`;
}
