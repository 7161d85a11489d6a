/**
 * A port of simulators or viewers: straight on node:http, since every turn shows on the path of small assets. Replies are
 * whole buffers with their length, never chunked and never compressed: simulators take a reply without Content-Length for
 * an empty one.
 */
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { addressNetwork, plainAddress } from '@gridkeep/grid/network-address';
import type { AtOnce } from '@gridkeep/grid/at-once';
import { emptyReply } from '@gridkeep/grid/robust-http';
import type { RobustReply } from '@gridkeep/grid/robust-http';
import type { Logger } from '../logging/logger.ts';
import { BodyBudget, BodyTooLargeError, ClientGoneError, Exchange, ServerBusyError } from './exchange.ts';
import type { NetworkList } from './network-list.ts';
import { checkEveryMs, headBytesMax, headersMsMax, idleMsMax, portServer } from './server-limits.ts';
import type { PortServer } from './server-limits.ts';

export interface RobustServerOptions {
  readonly log: Logger;
  /** Answers at once where it can. */
  readonly answer: (exchange: Exchange) => AtOnce<RobustReply>;
  /** How long a client may take to send a request, in milliseconds. */
  readonly requestMsMax: number;
  /** Open connections of one IPv4 address or one IPv6 prefix of 64 bits. */
  readonly connectionsPerNetworkMax: number;
  /** Whose connections are not counted, since they are those of many clients. */
  readonly uncounted: NetworkList;
  /** Bytes of bodies held in memory at a time. */
  readonly bodiesBytesMax: number;
}

/** How long a client may take to read a reply: a start, and time for its size. */
const replyMsMax = 60_000;
const replyBytesPerMs = 16;

export function createRobustServer(options: RobustServerOptions): PortServer {
  const { log, answer } = options;
  const budget = new BodyBudget(options.bodiesBytesMax);
  const peers = new WeakMap<Socket, string>();

  const onRequest = (request: IncomingMessage, response: ServerResponse): void => {
    const exchange = new Exchange(request, peers.get(request.socket) ?? '', budget);
    const fail = (error: unknown): void => {
      const reply = failureReply(error, exchange, log);
      if (reply !== undefined) return send(reply);
      exchange.end();
      request.socket.destroy();
    };
    const send = (reply: RobustReply): void => {
      exchange.end();
      sendReply(response, reply, exchange.unread);
    };
    try {
      const reply = answer(exchange);
      if (reply instanceof Promise) reply.then(send).catch(fail);
      else send(reply);
    } catch (error) {
      fail(error);
    }
  };
  const server = createServer(
    {
      requestTimeout: options.requestMsMax,
      headersTimeout: headersMsMax,
      keepAliveTimeout: idleMsMax,
      connectionsCheckingInterval: checkEveryMs,
      maxHeaderSize: headBytesMax,
    },
    onRequest,
  );
  const counts = new Map<string, number>();
  server.on('connection', (socket) => {
    const peer = plainAddress(socket.remoteAddress ?? '');
    peers.set(socket, peer);
    if (options.uncounted.has(peer)) return;
    const network = addressNetwork(peer);
    const count = counts.get(network) ?? 0;
    if (count >= options.connectionsPerNetworkMax) {
      socket.destroy();
      return;
    }
    counts.set(network, count + 1);
    socket.once('close', () => {
      const left = (counts.get(network) ?? 1) - 1;
      if (left > 0) counts.set(network, left);
      else counts.delete(network);
    });
  });
  return portServer(server, {
    open: (host, port) =>
      new Promise<void>((resolve, reject) => {
        server.once('error', reject);
        server.listen({ host, port }, () => {
          server.off('error', reject);
          resolve();
        });
      }),
    close: () => new Promise<void>((resolve) => server.close(() => resolve())),
  });
}

/** Undefined where nobody listens any more. */
function failureReply(error: unknown, exchange: Exchange, log: Logger): RobustReply | undefined {
  if (error instanceof ClientGoneError) return undefined;
  if (error instanceof BodyTooLargeError) return emptyReply(413);
  if (error instanceof ServerBusyError) return { ...emptyReply(503), headers: { 'Retry-After': '10' } };
  log.error({ err: error, method: exchange.method, path: exchange.path.slice(0, 256) }, 'request failed');
  return emptyReply(500);
}

/** `unread`: a body is under way, so the connection cannot be used again. */
function sendReply(response: ServerResponse, reply: RobustReply, unread: boolean): void {
  if (response.headersSent || response.destroyed) return;
  const headers = { 'Content-Type': reply.contentType, 'Content-Length': reply.body.byteLength };
  response.writeHead(
    reply.status,
    // Asked first, since nearly no reply has more.
    unread || reply.headers !== undefined
      ? { ...headers, ...(unread ? { Connection: 'close' } : {}), ...reply.headers }
      : headers,
  );
  if (reply.sent !== undefined) response.once('finish', reply.sent);
  response.end(reply.body);
  if (!response.writableFinished && response.writableLength > 0)
    limitReading(response, reply.body.byteLength);
}

/** A client that reads too slowly holds its reply in our memory. */
function limitReading(response: ServerResponse, bytes: number): void {
  const limit = setTimeout(() => response.destroy(), replyMsMax + bytes / replyBytesPerMs);
  limit.unref();
  response.once('close', () => clearTimeout(limit));
}
