/** The panel port: for now one page that says how to go on, and the health of the installation for monitoring. */
import type { Logger } from '../logging/logger.ts';
import { createHttpServer, fastifyPort } from './http-server.ts';
import type { PortServer } from './server-limits.ts';

export interface PanelServerOptions {
  readonly log: Logger;
  readonly checkHealth: () => Promise<{ readonly healthy: boolean; readonly version: string }>;
}

const bodyBytesMax = 65_536;

const page = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>Gridkeep</title>
<style>body{font:16px/1.5 sans-serif;max-width:40em;margin:3em auto;padding:0 1em}code{background:#eee;padding:0 .2em}</style>
<h1>Gridkeep is running</h1>
<p>This installation is managed from the command line of its machine:</p>
<ul>
<li><code>gridkeep status</code> tells how it is</li>
<li><code>gridkeep grid list</code> lists its grids</li>
<li><code>gridkeep --help</code> lists everything else</li>
</ul>
<p>For monitoring there is <a href="/api/health">/api/health</a>.</p>
</html>
`;

export function createPanelServer(options: PanelServerOptions): PortServer {
  const app = createHttpServer({ log: options.log, bodyBytesMax });
  app.addHook('onRequest', (_request, reply, done) => {
    reply.header('X-Content-Type-Options', 'nosniff');
    reply.header(
      'Content-Security-Policy',
      "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
    );
    done();
  });
  app.get('/', (_request, reply) => reply.type('text/html; charset=utf-8').send(page));
  app.get('/api/health', async (_request, reply) => {
    const { healthy, version } = await options.checkHealth();
    return reply
      .code(healthy ? 200 : 503)
      .header('Cache-Control', 'no-store')
      .send({ healthy, version });
  });
  return fastifyPort(app);
}
