/**
 * What viewers, foreign grids and simulators call on the public port's `/`: XML-RPC methods with one struct as parameter
 * and one as answer, JSON-RPC methods, and the LLSD login. Each service brings its own; the public server finds them by name.
 */
import type { XmlRpcStruct } from '@gridkeep/wire/xmlrpc/value';
import type { RobustRoutes } from './robust-http.ts';

export interface PublicCaller {
  /** IP address of the client, or of who the client is when a trusted proxy says so. */
  readonly address: string;
}

/** Never throws for what a caller sent: the answer says what is wrong as OpenSimulator says it. */
export type XmlRpcMethod = (
  parameters: XmlRpcStruct,
  caller: PublicCaller,
) => XmlRpcStruct | Promise<XmlRpcStruct>;

export type XmlRpcMethods = ReadonlyMap<string, XmlRpcMethod>;

/** A value that JSON can hold. */
export type JsonValue = null | boolean | number | string | readonly JsonValue[] | JsonObject;
export interface JsonObject {
  readonly [name: string]: JsonValue | undefined;
}

/** The answer's `error`. */
export class JsonRpcError extends Error {
  override readonly name = 'JsonRpcError';
  readonly code: number;
  constructor(code: number, message: string) {
    super(message);
    this.code = code;
  }
}

/** Undefined leaves `result` out. Throws JsonRpcError. */
export type JsonRpcMethod = (
  parameters: JsonObject,
  caller: PublicCaller,
) => JsonValue | undefined | Promise<JsonValue | undefined>;

export type JsonRpcMethods = ReadonlyMap<string, JsonRpcMethod>;

/** All that a grid answers on the public port. */
export interface PublicServices {
  readonly routes: RobustRoutes;
  readonly xmlRpc: XmlRpcMethods;
  readonly jsonRpc: JsonRpcMethods;
  /** A login in LLSD: the body of the request in, the body of the answer out. */
  readonly llsdLogin: (
    body: Uint8Array,
    caller: PublicCaller,
  ) => Promise<{ status: number; body: Uint8Array }>;
}
