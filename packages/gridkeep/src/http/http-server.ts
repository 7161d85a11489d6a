/** The fastify of ports for people and programs; simulators and viewers have one of their own (robust-server.ts). */
import fastify from 'fastify';
import type { FastifyInstance } from 'fastify';
import type { Logger } from '../logging/logger.ts';
import {
  checkEveryMs,
  headBytesMax,
  headersMsMax,
  idleMsMax,
  portServer,
  requestMsMax,
} from './server-limits.ts';
import type { PortServer } from './server-limits.ts';

export interface HttpServerOptions {
  readonly log: Logger;
  /** Bytes of a request's body. */
  readonly bodyBytesMax: number;
}

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
  });
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

export function fastifyPort(app: FastifyInstance): PortServer {
  return portServer(app.server, {
    open: (host, port) => app.listen({ host, port }),
    close: () => app.close(),
  });
}
