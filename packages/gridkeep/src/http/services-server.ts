/** The services port: simulators with their credential, each in its own grid. */
import { assetBodyBytesMax } from '@gridkeep/grid/assets/assets-robust';
import { andThen } from '@gridkeep/grid/at-once';
import type { AtOnce } from '@gridkeep/grid/at-once';
import { emptyReply } from '@gridkeep/grid/robust-http';
import type { RobustReply, RobustRequest } from '@gridkeep/grid/robust-http';
import type { Logger } from '../logging/logger.ts';
import type { Exchange } from './exchange.ts';
import type { OpenWire } from './grid-wires.ts';
import { NetworkList } from './network-list.ts';
import { OnceAMinute } from './once-a-minute.ts';
import { createRobustServer } from './robust-server.ts';
import { requestMsMax } from './server-limits.ts';
import type { PortServer } from './server-limits.ts';
import type { SimulatorAuthorization } from './simulator-authorization.ts';

export interface ServicesServerOptions {
  readonly log: Logger;
  readonly authorization: SimulatorAuthorization;
  /** What the grid of that slug answers; without a promise once it is open. */
  readonly wireOf: (slug: string) => AtOnce<OpenWire>;
  /** Told of every request that is answered for a simulator; the name is empty without a credential. */
  readonly onSeen: (grid: string, simulator: string, address: string) => void;
  /** Who may use the port at all; empty: everybody who has a credential. */
  readonly allowed?: NetworkList;
  /** Answers what regions send without a credential, such as the removal of their map tiles; undefined: a stranger. */
  readonly answerUnauthenticated?: (
    request: Omit<RobustRequest, 'source'>,
  ) => Promise<RobustReply | undefined>;
  /** In open mode: the grid for a request without a credential, by its Host header. */
  readonly openGrid?: (host: string | undefined) => Promise<string | undefined>;
}

/** The same words for every service, as OpenSimulator's own. */
const challenge = { 'WWW-Authenticate': 'Basic realm = "Asset Server"' };
/** Calls that may come without a credential are small. */
const unauthenticatedBytesMax = 4096;
const connectionsPerNetworkMax = 1024;
const bodiesBytesMax = 1024 * 1024 * 1024;

export function createServicesServer(options: ServicesServerOptions): PortServer {
  const { log, authorization, allowed = new NetworkList([]) } = options;
  const logged = new OnceAMinute();

  const answer = (exchange: Exchange): AtOnce<RobustReply> => {
    if (!allowed.empty && !allowed.has(exchange.peer)) return emptyReply(403);
    // Scripts in the world carry this header; they are on the same machines as simulators and must stay out.
    if (exchange.firstHeader('x-secondlife-shard') !== undefined) return emptyReply(403);
    const credential = exchange.firstHeader('authorization');
    if (credential === undefined) return answerStranger(exchange);
    return andThen(authorization.check(credential), (simulator) =>
      simulator === undefined
        ? refuse(exchange, 'a credential that is not right')
        : answerIn(exchange, simulator.grid, simulator.name),
    );
  };

  const answerIn = (exchange: Exchange, grid: string, simulator: string): AtOnce<RobustReply> => {
    options.onSeen(grid, simulator, exchange.peer);
    return andThen(options.wireOf(grid), (wire) => handle(wire, exchange, simulator));
  };

  const answerStranger = async (exchange: Exchange): Promise<RobustReply> => {
    if (options.openGrid !== undefined) {
      const grid = await options.openGrid(exchange.header('host'));
      return grid === undefined ? emptyReply(404) : answerIn(exchange, grid, '');
    }
    if (exchange.method === 'POST' && options.answerUnauthenticated !== undefined && mayBeSmall(exchange)) {
      const body = await exchange.body(unauthenticatedBytesMax);
      const reply = await options.answerUnauthenticated(requestOf(exchange, body, exchange.peer));
      if (reply !== undefined) return reply;
    }
    return refuse(exchange, 'no credential');
  };

  const refuse = (exchange: Exchange, reason: string): RobustReply => {
    if (logged.first(exchange.peer))
      log.warn(
        { address: exchange.peer, method: exchange.method, path: exchange.path.slice(0, 128), reason },
        'a request to the services port was refused',
      );
    return { ...emptyReply(401), headers: challenge };
  };

  return createRobustServer({
    ...{ log, answer, requestMsMax, connectionsPerNetworkMax, bodiesBytesMax },
    uncounted: new NetworkList([]),
  });
}

function mayBeSmall(exchange: Exchange): boolean {
  return Number(exchange.header('content-length') ?? Number.NaN) <= unauthenticatedBytesMax;
}

function handle(wire: OpenWire, exchange: Exchange, simulator: string): AtOnce<RobustReply> {
  const handler = wire.privateRoutes.find(exchange.path);
  if (handler === undefined) return emptyReply(404);
  const source = simulator === '' ? exchange.peer : simulator;
  return andThen(exchange.body(assetBodyBytesMax), (body) => handler(requestOf(exchange, body, source)));
}

function requestOf(exchange: Exchange, body: Uint8Array, source: string): RobustRequest {
  const { method, path, query, header, peer } = exchange;
  return { method, path, query, header, body, source, address: peer };
}
