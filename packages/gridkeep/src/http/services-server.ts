/**
 * The services port: simulators with their credential, each in its own grid. Simulators take a reply without
 * Content-Length for an empty one, so replies are whole buffers, never chunked and never compressed.
 */
import type { IncomingMessage } from 'node:http';
import { assetBodyBytesMax } from '@gridkeep/grid/assets/assets-robust';
import type { RobustHandler } from '@gridkeep/grid/robust-http';
import type { Simulator } from '@gridkeep/hosting/tenants/simulators';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Logger } from '../logging/logger.ts';
import { createHttpServer } from './http-server.ts';
import type { SimulatorAuthorization } from './simulator-authorization.ts';

export interface ServicesServerOptions {
  readonly log: Logger;
  readonly authorization: SimulatorAuthorization;
  /** What answers for the grid of that slug; without a promise once it is open. */
  readonly handlerOf: (slug: string) => RobustHandler | Promise<RobustHandler>;
}

/** The same words for every service, as OpenSimulator's own. */
const challenge = 'Basic realm = "Asset Server"';
const noBody = new Uint8Array(0);

class BodyTooLargeError extends Error {
  override readonly name = 'BodyTooLargeError';
  readonly statusCode = 413;
}

export function createServicesServer(options: ServicesServerOptions): FastifyInstance {
  const app = createHttpServer({ log: options.log, bodyBytesMax: assetBodyBytesMax });
  // Bodies are read by the handler below, once it is known who sends them; regions send any content type.
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', (_request, payload, done) => done(null, payload));

  const answer = async (request: FastifyRequest, reply: FastifyReply, simulator: Simulator) => {
    const known = options.handlerOf(simulator.grid);
    const handler = known instanceof Promise ? await known : known;
    const { method, raw, url } = request;
    const query = url.indexOf('?');
    const path = query < 0 ? url : url.slice(0, query);
    const header = (name: string): string | undefined => {
      const value = raw.headers[name];
      return typeof value === 'string' ? value : value?.[0];
    };
    const body = hasBody(raw) ? await readBody(raw, assetBodyBytesMax) : noBody;
    const handled = handler({
      ...{ method, path, body, header },
      query: query < 0 ? '' : url.slice(query + 1),
      source: simulator.name,
      address: request.ip,
    });
    const result = handled instanceof Promise ? await handled : handled;
    if (result.headers !== undefined) reply.headers(result.headers);
    return reply.code(result.status).header('Content-Type', result.contentType).send(result.body);
  };

  app.all('/*', async (request, reply) => {
    // Scripts in the world carry this header; they are on the same machines as simulators and must stay out.
    if (request.headers['x-secondlife-shard'] !== undefined) return refuse(reply, 403);
    const known = options.authorization.check(request.headers.authorization);
    const simulator = known instanceof Promise ? await known : known;
    if (simulator === undefined) {
      reply.header('WWW-Authenticate', challenge);
      return refuse(reply, 401);
    }
    return answer(request, reply, simulator);
  });
  return app;
}

/** Ends the connection when a body is under way, so that it need not be read. */
function refuse(reply: FastifyReply, status: 401 | 403): FastifyReply {
  if (hasBody(reply.request.raw)) reply.header('Connection', 'close');
  return reply.code(status).header('Content-Type', 'text/plain').send(noBody);
}

function hasBody(request: IncomingMessage): boolean {
  const length = request.headers['content-length'];
  return request.headers['transfer-encoding'] !== undefined || (length !== undefined && length !== '0');
}

async function readBody(request: IncomingMessage, bytesMax: number): Promise<Uint8Array> {
  if (Number(request.headers['content-length'] ?? 0) > bytesMax)
    throw new BodyTooLargeError('body too large');
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    if (!Buffer.isBuffer(chunk)) continue;
    size += chunk.length;
    if (size > bytesMax) throw new BodyTooLargeError('body too large');
    chunks.push(chunk);
  }
  const [only] = chunks;
  return only !== undefined && chunks.length === 1 ? only : Buffer.concat(chunks, size);
}
