/** The values of XML-RPC, a part of those of LLSD: viewers turn one into the other. */
import type { LlsdDate, LlsdReal } from '../llsd/value.ts';

/**
 * A value that was written before: for what is large, or the same in many answers. `xml` is what stands between `<value>` and
 * `</value>`; nobody checks it. Readers never return one.
 */
export class XmlRpcWritten {
  readonly xml: string;
  constructor(xml: string) {
    this.xml = xml;
  }
}

/** A `number` is an integer, a `LlsdReal` a double. `undefined` is nil, which only some peers know. */
export type XmlRpcValue =
  | undefined
  | boolean
  | number
  | LlsdReal
  | string
  | LlsdDate
  | Uint8Array
  | XmlRpcWritten
  | XmlRpcArray
  | XmlRpcStruct;

export type XmlRpcArray = readonly XmlRpcValue[];
export type XmlRpcStruct = ReadonlyMap<string, XmlRpcValue>;

export function isXmlRpcStruct(value: XmlRpcValue): value is XmlRpcStruct {
  return value instanceof Map;
}

export function isXmlRpcArray(value: XmlRpcValue): value is XmlRpcArray {
  return Array.isArray(value);
}

export interface XmlRpcRequest {
  readonly method: string;
  readonly parameters: readonly XmlRpcValue[];
}

export interface XmlRpcFault {
  readonly code: number;
  readonly text: string;
}

export type XmlRpcResponse =
  | { readonly kind: 'value'; readonly value: XmlRpcValue }
  | { readonly kind: 'fault'; readonly fault: XmlRpcFault };

/** Codes that OpenSimulator's library answers with. */
export const xmlRpcFaultCodes = {
  malformed: -32700,
  unsupportedEncoding: -32701,
  noSuchMethod: -32601,
  wrongParameters: -32602,
  internal: -32603,
  application: -32500,
  transport: -32300,
} as const;

/** A message that is not XML-RPC, a value that cannot be sent, or a limit that was passed. */
export class XmlRpcError extends Error {
  override readonly name = 'XmlRpcError';
}

export interface XmlRpcLimits {
  /** Bytes of the body. Replies to logins with large inventories need more than requests. */
  readonly bytesMax: number;
  /** Nesting of values: a lone scalar has depth 1. */
  readonly depthMax: number;
}

export const defaultXmlRpcLimits: XmlRpcLimits = { bytesMax: 1024 * 1024, depthMax: 32 };
