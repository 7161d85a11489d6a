/** Members of XML-RPC structs as grids send them: almost everything is text, whatever it stands for. */
import { tryParseUuid } from '@gridkeep/wire/uuid';
import type { Uuid } from '@gridkeep/wire/uuid';
import type { XmlRpcStruct } from '@gridkeep/wire/xmlrpc/value';
import { storableText } from './text.ts';

const textMaxDefault = 1024;

/** As it can be stored; '' when it is absent, too long or no text; numbers and booleans in their usual spelling. */
export function structText(struct: XmlRpcStruct, name: string, unitsMax = textMaxDefault): string {
  const value = struct.get(name);
  if (typeof value === 'string') return value.length > unitsMax ? '' : storableText(value, unitsMax);
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : '';
}

export function structUuid(struct: XmlRpcStruct, name: string): Uuid | undefined {
  return tryParseUuid(structText(struct, name).trim());
}

/** True only for `true`, in any case or type, and 1. */
export function structFlag(struct: XmlRpcStruct, name: string): boolean {
  return /^(?:true|1)$/i.test(structText(struct, name).trim());
}

/** Undefined when it is no whole number of at most 53 bits. */
export function structWhole(struct: XmlRpcStruct, name: string): number | undefined {
  const text = structText(struct, name).trim();
  const value = /^-?\d{1,16}$/.test(text) ? Number(text) : NaN;
  return Number.isSafeInteger(value) ? value : undefined;
}
