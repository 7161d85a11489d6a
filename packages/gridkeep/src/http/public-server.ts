/**
 * The public port: what viewers, foreign grids and, where they send no credential, simulators may ask. Everything else is
 * answered with 404. Dispatch as in OpenSim/Framework/Servers/HttpServer/BaseHttpServer.cs.
 */
import { assetBodyBytesMax } from '@gridkeep/grid/assets/assets-robust';
import { andThen } from '@gridkeep/grid/at-once';
import type { AtOnce } from '@gridkeep/grid/at-once';
import type { PublicCaller } from '@gridkeep/grid/public-calls';
import { emptyReply } from '@gridkeep/grid/robust-http';
import type { RobustReply } from '@gridkeep/grid/robust-http';
import type { Grid } from '@gridkeep/hosting/tenants/grid';
import { xmlRpcFaultCodes } from '@gridkeep/wire/xmlrpc/value';
import type { Logger } from '../logging/logger.ts';
import { clientAddress } from './client-address.ts';
import type { Exchange } from './exchange.ts';
import type { OpenWire } from './grid-wires.ts';
import { gridForHost } from './host-names.ts';
import { answerJsonRpc, jsonRpcRefusal } from './json-rpc.ts';
import { NetworkList } from './network-list.ts';
import { createRobustServer } from './robust-server.ts';
import type { PortServer } from './server-limits.ts';
import { answerXmlRpc, faultReply, plainBody } from './xml-rpc.ts';

export interface PublicServerOptions {
  readonly log: Logger;
  /** Without a promise while they are in memory. */
  readonly listGrids: () => AtOnce<readonly Grid[]>;
  /** What the grid of that slug answers; without a promise once it is open. */
  readonly wireOf: (slug: string) => AtOnce<OpenWire>;
  /** Reverse proxies whose X-Forwarded-For is believed. */
  readonly trustedProxies?: NetworkList;
}

/** Viewers send requests of some kB; only foreign grids that store assets need more. */
const bodyBytesMax = 1024 * 1024;
const bodyBytesMaxOf: ReadonlyMap<string, number> = new Map([['assets', assetBodyBytesMax]]);
/** All of a request must be there in this time, in milliseconds. */
const requestMsMax = 60_000;
/** A classroom or an office behind one address: 60 viewers with some connections for map tiles each. */
const connectionsPerNetworkMax = 512;
const bodiesBytesMax = 256 * 1024 * 1024;

const jsonRpcType = 'application/json-rpc';
const llsdType = 'application/llsd+xml';
const htmlType = 'text/html;charset=UTF-8';
const close = { Connection: 'close' };

const options200: RobustReply = {
  ...emptyReply(200, htmlType),
  headers: {
    'Access-Control-Allow-Origin': '*',
    'Access-Control-Allow-Methods': 'GET, POST, DELETE, PUT, OPTIONS',
    'Access-Control-Allow-Headers': 'Content-Type',
  },
};

const pageNotFound: RobustReply = {
  status: 404,
  contentType: 'text/html',
  body: Buffer.from(
    '<!doctype html><html lang="en"><head><title>404 Not Found</title></head><body><p>There is nothing at this address.</p></body></html>',
  ),
  headers: close,
};

const rootNotFound: RobustReply = { ...emptyReply(404, htmlType), headers: close };

export function createPublicServer(options: PublicServerOptions): PortServer {
  const { log, listGrids, wireOf, trustedProxies = new NetworkList([]) } = options;

  const answer = (exchange: Exchange): AtOnce<RobustReply> => {
    if (exchange.method === 'OPTIONS') return options200;
    return andThen(listGrids(), (grids) => {
      const grid = gridForHost(grids, exchange.header('host'));
      if (grid === undefined) return unknownGrid(exchange);
      const caller = {
        address: clientAddress(exchange.peer, exchange.header('x-forwarded-for'), trustedProxies),
      };
      return andThen(wireOf(grid.slug), (wire) =>
        exchange.path === '/' ? answerRoot(exchange, wire, caller, log) : answerRoute(exchange, wire, caller),
      );
    });
  };
  return createRobustServer({
    ...{ log, answer, requestMsMax, connectionsPerNetworkMax, bodiesBytesMax },
    uncounted: trustedProxies,
  });
}

async function answerRoot(
  exchange: Exchange,
  wire: OpenWire,
  caller: PublicCaller,
  log: Logger,
): Promise<RobustReply> {
  const body = await exchange.body(bodyBytesMax);
  if (body.byteLength === 0) return rootNotFound;
  const { publicServices } = wire;
  // OpenSimulator compares the whole text, and so must who wants to be answered by it in the same way.
  switch (exchange.header('content-type')) {
    case jsonRpcType:
      return answerJsonRpc(body, publicServices.jsonRpc, caller, log);
    case llsdType: {
      const answer = await publicServices.llsdLogin(body, caller);
      return { ...answer, contentType: llsdType };
    }
    default: {
      const plain = await plainBody(exchange, body);
      const reply = plain && (await answerXmlRpc(plain, publicServices.xmlRpc, caller, log));
      return reply ?? rootNotFound;
    }
  }
}

function answerRoute(exchange: Exchange, wire: OpenWire, { address }: PublicCaller): AtOnce<RobustReply> {
  const { method, path, query, header } = exchange;
  const handler = wire.publicRoutes.find(path);
  if (handler === undefined) return nothingHere(exchange);
  const service = path.split('/', 2)[1] ?? '';
  return andThen(exchange.body(bodyBytesMaxOf.get(service) ?? bodyBytesMax), (body) =>
    handler({ ...{ method, path, query, header, body, address }, source: address }),
  );
}

function nothingHere({ method }: Exchange): RobustReply {
  return method === 'GET' || method === 'HEAD'
    ? pageNotFound
    : { ...emptyReply(404, htmlType), headers: close };
}

/** Several grids are here and none has the name by which this one was called. */
async function unknownGrid(exchange: Exchange): Promise<RobustReply> {
  const text = 'There are several grids here and none of this name: use the address of your grid.';
  if (exchange.path !== '/' || exchange.method !== 'POST') return nothingHere(exchange);
  switch (exchange.header('content-type')) {
    case jsonRpcType:
      return jsonRpcRefusal(text);
    case llsdType:
      return nothingHere(exchange);
    default:
      return faultReply({ code: xmlRpcFaultCodes.application, text });
  }
}
