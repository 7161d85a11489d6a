/** The public port: what viewers and foreign grids may see. Everything else is answered with 404. */
import { escapeXml } from '@gridkeep/wire/xml-tree';
import type { Grid } from '@gridkeep/hosting/tenants/grid';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Logger } from '../logging/logger.ts';
import { createHttpServer } from './http-server.ts';

export interface PublicServerOptions {
  readonly log: Logger;
  readonly listGrids: () => Promise<readonly Grid[]>;
}

/** Nothing here takes a body yet. */
const bodyBytesMax = 65_536;

export function createPublicServer(options: PublicServerOptions): FastifyInstance {
  const app = createHttpServer({ log: options.log, bodyBytesMax });
  const gridOf = async (request: FastifyRequest): Promise<Grid | undefined> =>
    gridForHost(await options.listGrids(), request.hostname);

  app.get('/', async (request, reply) => {
    const grid = await gridOf(request);
    if (grid === undefined) return reply.callNotFound();
    return reply.type('text/plain; charset=utf-8').send(`${grid.name}: an OpenSimulator grid.\n`);
  });

  // Keys and form as Robust's grid info service gives them; the login address follows with the login service.
  app.get('/get_grid_info', async (request, reply) => {
    const grid = await gridOf(request);
    if (grid === undefined) return reply.callNotFound();
    const fields = Object.entries(gridInfo(grid)).map(
      ([key, value]) => `<${key}>${escapeXml(value)}</${key}>`,
    );
    return reply
      .type('application/xml')
      .header('Connection', 'close')
      .send(`<gridinfo>${fields.join('')}</gridinfo>`);
  });
  app.get('/json_grid_info', async (request, reply) => {
    const grid = await gridOf(request);
    return grid === undefined ? reply.callNotFound() : reply.send(gridInfo(grid));
  });
  return app;
}

/** The grid of that host name; where there is only one, it answers for every name. */
export function gridForHost(grids: readonly Grid[], hostname: string): Grid | undefined {
  const named = grids.find((grid) => grid.hostnames.includes(hostname.toLowerCase()));
  return named ?? (grids.length === 1 ? grids[0] : undefined);
}

function gridInfo(grid: Grid): Readonly<Record<string, string>> {
  return { platform: 'OpenSim', gridname: grid.name, gridnick: grid.slug };
}
