/** An installation behind both of its grid ports, in the tests' own process. */
import type { TestContext } from 'node:test';
import { pino } from 'pino';
import type { Logger } from '../logging/logger.ts';
import type { Configuration } from '../configuration/configuration.ts';
import type { Installation } from '../installation/installation.ts';
import { gridPorts } from '../server/grid-ports.ts';
import { askPort, basic } from './ask.ts';
import type { Ask } from './ask.ts';

export interface ServedGrids {
  readonly publicPort: Ask;
  readonly servicesPort: Ask;
}

/** Both ports close when the test ends. */
export async function serveGrids(
  test: TestContext,
  installation: Installation,
  changes: Partial<Configuration> = {},
  log: Logger = pino({ level: 'silent' }),
): Promise<ServedGrids> {
  const configuration = { ...installation.configuration, ...changes };
  const { publicServer, servicesServer } = gridPorts({ ...installation, configuration }, log);
  test.after(() => Promise.all([publicServer.stop(), servicesServer.stop()]));
  return {
    publicPort: askPort(await publicServer.listen('127.0.0.1', 0)),
    servicesPort: askPort(await servicesServer.listen('127.0.0.1', 0)),
  };
}

/** The Authorization header of a new simulator of that grid. */
export async function newCredential(installation: Installation, grid: string, name: string): Promise<string> {
  const tenant = await installation.tenants.tenant(grid);
  const { secret } = await installation.tenants.simulators.add(tenant.grid.slug, name);
  return basic(name, secret);
}
