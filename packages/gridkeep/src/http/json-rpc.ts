/**
 * JSON-RPC 2.0 as regions call it for profiles. Answers and codes of OpenSim/Framework/Servers/HttpServer/BaseHttpServer.cs,
 * without the texts of exceptions.
 */
import { isJsonObject } from '@gridkeep/grid/json-members';
import { JsonRpcError } from '@gridkeep/grid/public-calls';
import type { JsonObject, JsonRpcMethods, JsonValue, PublicCaller } from '@gridkeep/grid/public-calls';
import type { RobustReply } from '@gridkeep/grid/robust-http';
import type { Logger } from '../logging/logger.ts';

const jsonRpcCodes = { parametersMissing: -32700, badRequest: -32600, internal: -32604 } as const;

const idLengthMax = 256;
/** Deeper than any value that a method takes; JSON.parse itself takes thousands of levels, its readers need not. */
const depthMax = 16;

export async function answerJsonRpc(
  body: Uint8Array,
  methods: JsonRpcMethods,
  caller: PublicCaller,
  log: Logger,
): Promise<RobustReply> {
  const request = parseRequest(body);
  if (request === undefined) return failure(null, jsonRpcCodes.badRequest, 'not a JSON-RPC 2.0 request');
  const id = idOf(request['id']);
  if (request['jsonrpc'] !== '2.0' || id === null)
    return failure(id, jsonRpcCodes.badRequest, 'not a JSON-RPC 2.0 request');
  const name = request['method'];
  const method = typeof name === 'string' ? methods.get(name) : undefined;
  if (method === undefined) return failure(id, jsonRpcCodes.badRequest, 'there is no such method');
  const parameters = request['params'];
  if (!isJsonObject(parameters))
    return failure(id, jsonRpcCodes.parametersMissing, 'params must be an object');
  try {
    const result = await method(parameters, caller);
    return reply({ id, jsonrpc: '2.0', ...(result === undefined ? {} : { result }) });
  } catch (error) {
    if (error instanceof JsonRpcError) return failure(id, error.code, error.message);
    log.error({ err: error, method: name, address: caller.address }, 'a JSON-RPC call failed');
    return failure(id, jsonRpcCodes.internal, '');
  }
}

/** The answer where no grid is called that way. */
export function jsonRpcRefusal(message: string): RobustReply {
  return failure(null, jsonRpcCodes.badRequest, message);
}

/** Undefined for what is no object; a batch is none. */
function parseRequest(body: Uint8Array): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(body).toString('utf8'));
    return isJson(value, depthMax) && isJsonObject(value) ? value : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function isJson(value: unknown, depth: number): value is JsonValue {
  if (value === null || typeof value !== 'object') return true;
  return depth > 0 && Object.values(value).every((member) => isJson(member, depth - 1));
}

/** Null for what is no id. */
function idOf(value: JsonValue | undefined): string | number | null {
  if (typeof value === 'number') return value;
  return typeof value === 'string' && value.length <= idLengthMax ? value : null;
}

/** An empty message is left out, as OpenSimulator does. */
function failure(id: JsonValue, code: number, message: string): RobustReply {
  return reply({ error: { code, ...(message === '' ? {} : { message }) }, id, jsonrpc: '2.0' });
}

function reply(document: JsonObject): RobustReply {
  return {
    status: 200,
    contentType: 'text/html;charset=UTF-8',
    body: Buffer.from(JSON.stringify(document), 'utf8'),
  };
}
