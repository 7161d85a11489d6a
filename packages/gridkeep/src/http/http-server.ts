/** What the three ports have in common: limits on slow and large clients, no request logging, an end that waits. */
import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import fastify from 'fastify';
import type { FastifyInstance } from 'fastify';
import type { Logger } from '../logging/logger.ts';

export interface HttpServerOptions {
  readonly log: Logger;
  /** Bytes of a request's body. */
  readonly bodyBytesMax: number;
}

/** How long a client may take for the head of a request, in milliseconds. */
const headersMsMax = 10_000;
/** And for all of it: 250 MiB at 1 MB/s. */
const requestMsMax = 300_000;
/** Simulators give up idle connections after 31 s; the server must not be first. */
const idleMsMax = 65_000;
const checkEveryMs = 5_000;
const connectionsMax = 4096;
const headBytesMax = 16_384;
/** How long open requests may take to end once the program stops, in milliseconds. */
const stopMsMax = 10_000;
const idleCheckMs = 50;

export function createHttpServer(options: HttpServerOptions): FastifyInstance {
  const { log } = options;
  const app: FastifyInstance = fastify({
    logger: false,
    bodyLimit: options.bodyBytesMax,
    requestTimeout: requestMsMax,
    keepAliveTimeout: idleMsMax,
    forceCloseConnections: 'idle',
    exposeHeadRoutes: false,
    routerOptions: { maxParamLength: 1024 },
    http: {
      headersTimeout: headersMsMax,
      connectionsCheckingInterval: checkEveryMs,
      maxHeaderSize: headBytesMax,
    },
    // Simulators with a trailing slash in a configured address ask for //assets/….
    rewriteUrl: (request) => collapseSlashes(request.url ?? '/'),
  });
  app.server.maxConnections = connectionsMax;
  watchSockets(app.server);
  app.setErrorHandler((error, request, reply) => {
    const status =
      error instanceof Error && 'statusCode' in error && typeof error.statusCode === 'number'
        ? error.statusCode
        : 500;
    if (status >= 500) log.error({ err: error, method: request.method, url: request.url }, 'request failed');
    return reply.code(status).type('text/plain').send('');
  });
  app.setNotFoundHandler((_request, reply) => reply.code(404).type('text/plain').send(''));
  return app;
}

/** '//assets///x?a=//b' becomes '/assets/x?a=//b'. */
export function collapseSlashes(url: string): string {
  if (!url.includes('//')) return url;
  const query = url.indexOf('?');
  const path = query < 0 ? url : url.slice(0, query);
  return path.replaceAll(/\/{2,}/g, '/') + (query < 0 ? '' : url.slice(query));
}

/** Connections of each server that have not sent the head of a request yet: Node.js does not count them as idle. */
const waitingSockets = new WeakMap<Server, Set<Socket>>();

function watchSockets(server: Server): void {
  const waiting = new Set<Socket>();
  waitingSockets.set(server, waiting);
  server.on('connection', (socket) => {
    waiting.add(socket);
    socket.once('close', () => waiting.delete(socket));
  });
  server.on('request', (request) => waiting.delete(request.socket));
}

/** Starts to listen; the port it got. */
export async function listen(app: FastifyInstance, host: string, port: number): Promise<number> {
  await app.listen({ host, port });
  const address = app.server.address();
  return typeof address === 'object' && address !== null ? address.port : port;
}

/** Accepts nothing more, lets open requests end, and after 10 s ends them. */
export async function stopListening(app: FastifyInstance): Promise<void> {
  const limit = setTimeout(() => app.server.closeAllConnections(), stopMsMax);
  // A connection that is kept alive becomes idle only when its open request has ended.
  const idle = setInterval(() => app.server.closeIdleConnections(), idleCheckMs);
  try {
    const closed = app.close();
    for (const socket of waitingSockets.get(app.server) ?? []) socket.destroy();
    await closed;
  } finally {
    clearTimeout(limit);
    clearInterval(idle);
  }
}
