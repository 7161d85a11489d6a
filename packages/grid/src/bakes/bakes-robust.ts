/** Baked textures as simulators fetch and store them. Source: OpenSim/Server/Handlers/BakedTextures/XBakesHandler.cs */
import { tryParseUuid } from '@gridkeep/wire/uuid';
import { emptyReply, pathParts } from '../robust-http.ts';
import type { RobustHandler, RobustReply, RobustRoutes } from '../robust-http.ts';
import type { ServiceLog } from '../service-log.ts';
import { BakeTooLargeError, bakeBytesMax } from './bakes.ts';
import type { Bakes } from './bakes.ts';

const contentType = 'text/html;charset=UTF-8';

export function bakesRobust(bakes: Bakes, log: ServiceLog): RobustRoutes {
  const handler: RobustHandler = async ({ method, path, body, source }) => {
    const userId = tryParseUuid(pathParts(path)[1] ?? '');
    if (method !== 'GET' && method !== 'POST') return emptyReply(405, contentType);
    if (userId === undefined) return emptyReply(404, contentType);
    try {
      if (method === 'GET') return found((await bakes.find(userId)) ?? new Uint8Array(0));
      await bakes.store(userId, body);
      return emptyReply(200, contentType);
    } catch (error) {
      if (error instanceof BakeTooLargeError) {
        log.warn({ source, bytes: body.byteLength, bakeBytesMax }, 'baked textures are too large');
        return emptyReply(413, contentType);
      }
      log.error({ source, err: error }, 'baked textures could not be read or stored');
      return emptyReply(500, contentType);
    }
  };
  return new Map([['bakes', handler]]);
}

function found(body: Uint8Array): RobustReply {
  return { status: 200, contentType, body };
}
