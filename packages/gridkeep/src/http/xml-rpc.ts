/**
 * XML-RPC on the public port. Faults as OpenSim/Framework/Servers/HttpServer/BaseHttpServer.cs gives them, without the
 * stack traces of 0.9.2.
 */
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import type { PublicCaller, XmlRpcMethods } from '@gridkeep/grid/public-calls';
import type { RobustReply } from '@gridkeep/grid/robust-http';
import { readXmlRpcRequest } from '@gridkeep/wire/xmlrpc/reader';
import { isXmlRpcStruct, XmlRpcError, xmlRpcFaultCodes } from '@gridkeep/wire/xmlrpc/value';
import type { XmlRpcRequest } from '@gridkeep/wire/xmlrpc/value';
import { writeXmlRpcFault, writeXmlRpcResponse } from '@gridkeep/wire/xmlrpc/writer';
import type { Logger } from '../logging/logger.ts';
import type { Exchange } from './exchange.ts';

const methodNameMax = 128;
/** Of a compressed body, unpacked. */
const unpackedBytesMax = 1024 * 1024;
const unpack = promisify(gunzip);

/** Undefined when the body is no call at all. */
export async function answerXmlRpc(
  body: Uint8Array,
  methods: XmlRpcMethods,
  caller: PublicCaller,
  log: Logger,
): Promise<RobustReply | undefined> {
  const call = parseCall(body);
  if (call === undefined) return undefined;
  const method = methods.get(call.method);
  if (method === undefined) {
    const text = `Requested method [${shownMethod(call)}] not found`;
    return faultReply({ code: xmlRpcFaultCodes.noSuchMethod, text }, {});
  }
  const [first = new Map()] = call.parameters;
  if (!isXmlRpcStruct(first))
    return faultReply({ code: xmlRpcFaultCodes.wrongParameters, text: 'The parameter must be a struct' });
  try {
    return xmlReply(writeXmlRpcResponse(await method(first, caller)));
  } catch (error) {
    log.error({ err: error, method: call.method, address: caller.address }, 'an XML-RPC call failed');
    const text = `Requested method [${shownMethod(call)}] threw exception`;
    return faultReply({ code: xmlRpcFaultCodes.internal, text });
  }
}

export function faultReply(
  fault: { readonly code: number; readonly text: string },
  headers: Readonly<Record<string, string>> = crossOrigin,
): RobustReply {
  return xmlReply(writeXmlRpcFault(fault), headers);
}

/** The body as it is, or unpacked where a header says that it is packed; undefined when it does not unpack in bounds. */
export async function plainBody(exchange: Exchange, body: Uint8Array): Promise<Uint8Array | undefined> {
  const packed =
    isGzip(exchange.header('content-encoding')) ||
    isGzip(exchange.header('x-content-encoding')) ||
    exchange.header('content-type') === 'application/x-gzip';
  if (!packed) return body;
  try {
    return await unpack(body, { maxOutputLength: unpackedBytesMax });
  } catch {
    return undefined;
  }
}

const crossOrigin = { 'Access-Control-Allow-Origin': '*' };

function isGzip(encoding: string | undefined): boolean {
  return encoding?.trim().toLowerCase() === 'gzip';
}

function parseCall(body: Uint8Array): XmlRpcRequest | undefined {
  try {
    return readXmlRpcRequest(body);
  } catch (error) {
    if (error instanceof XmlRpcError) return undefined;
    throw error;
  }
}

function shownMethod({ method }: XmlRpcRequest): string {
  return method.slice(0, methodNameMax);
}

function xmlReply(document: string, headers: Readonly<Record<string, string>> = crossOrigin): RobustReply {
  return {
    status: 200,
    contentType: 'text/xml',
    body: Buffer.from(document, 'utf8'),
    headers: { ...headers, Connection: 'close' },
  };
}
