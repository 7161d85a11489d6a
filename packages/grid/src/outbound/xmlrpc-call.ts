/** Calls an XML-RPC method of a simulator or another grid: one struct out, one struct back. */
import { readXmlRpcResponse } from '@gridkeep/wire/xmlrpc/reader';
import { XmlRpcError, isXmlRpcStruct } from '@gridkeep/wire/xmlrpc/value';
import type { XmlRpcStruct } from '@gridkeep/wire/xmlrpc/value';
import { writeXmlRpcRequest } from '@gridkeep/wire/xmlrpc/writer';
import { OutboundError } from './outbound.ts';
import type { Outbound, OutboundTarget } from './outbound.ts';

export interface XmlRpcCall {
  readonly url: string;
  readonly method: string;
  readonly parameters: XmlRpcStruct;
  readonly to: OutboundTarget;
  readonly timeoutMs: number;
  /** Of the answer; default 64 KiB. */
  readonly bytesMax?: number;
}

const bytesMaxDefault = 64 * 1024;
const depthMax = 8;

/** Throws OutboundError, as `bad-reply` also for a fault and for any status but 200. */
export async function xmlRpcCall(outbound: Outbound, call: XmlRpcCall): Promise<XmlRpcStruct> {
  const { url, method, to, timeoutMs, bytesMax = bytesMaxDefault } = call;
  const reply = await outbound.request({
    ...{ method: 'POST', url, to, timeoutMs, bytesMax },
    headers: { 'Content-Type': 'text/xml' },
    body: writeXmlRpcRequest({ method, parameters: [call.parameters] }),
  });
  const refuse = (what: string) => new OutboundError('bad-reply', `the answer to ${method} ${what}`);
  if (reply.status !== 200) throw refuse(`has the status ${reply.status}`);
  try {
    const response = readXmlRpcResponse(reply.body, { bytesMax, depthMax });
    if (response.kind === 'fault') throw refuse(`is the fault ${response.fault.code}`);
    if (!isXmlRpcStruct(response.value)) throw refuse('is no struct');
    return response.value;
  } catch (error) {
    if (error instanceof XmlRpcError) throw refuse('is no XML-RPC');
    throw error;
  }
}
