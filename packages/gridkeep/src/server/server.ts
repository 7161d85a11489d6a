/** The running server: an open installation behind three ports and the control socket. */
import { TenantError } from '@gridkeep/hosting/tenants/grid';
import { findInstallationCommand } from '../commands/commands.ts';
import { installationStatus } from '../commands/installation-status.ts';
import type { Configuration } from '../configuration/configuration.ts';
import { ConfigurationError } from '../configuration/setting-rules.ts';
import { startControlServer } from '../control/control-server.ts';
import { claimControlSocket, removeControlSocket } from '../data-folder/control-socket.ts';
import { gridkeepVersion } from '../gridkeep-version.ts';
import { createPanelServer } from '../http/panel-server.ts';
import type { PortServer } from '../http/server-limits.ts';
import type { Installation } from '../installation/installation.ts';
import { openInstallation } from '../installation/open-installation.ts';
import type { Logger } from '../logging/logger.ts';
import { Background } from './background.ts';
import { gridPorts } from './grid-ports.ts';
import type { ServerFacts } from './summary.ts';
import { VaultCare } from './vault-care.ts';

export interface RunningServer {
  readonly facts: ServerFacts;
  readonly installation: Installation;
  stop(): Promise<void>;
}

/** A year: whoever asks what happened to an upload finds out. */
const endedJobsKeptMs = 366 * 86_400_000;

/** The grid that a first start makes. */
const defaultGrid = { slug: 'main', name: 'My Grid' };

/** The caller holds the lock of the data folder. */
export async function startServer(configuration: Configuration, log: Logger): Promise<RunningServer> {
  const stack = new AsyncDisposableStack();
  try {
    const startedAt = Date.now();
    let publicPort = configuration.publicPort;
    const installation = await openInstallation(configuration, {
      log,
      serving: true,
      publicPort: () => publicPort,
    });
    stack.defer(() => installation.close());
    const gridMade = await makeDefaultGrid(installation);

    const { host } = configuration;
    const open = async (name: string, server: PortServer, port: number): Promise<number> => {
      stack.defer(() => server.stop());
      try {
        return await server.listen(host, port);
      } catch (error) {
        throw explainListening(error, name, host, port);
      }
    };
    const ports = gridPorts(installation, log);
    publicPort = await open('public', ports.publicServer, configuration.publicPort);
    const servicesPort = await open('services', ports.servicesServer, configuration.servicesPort);
    const panelServer = createPanelServer({
      log,
      checkHealth: async () => ({
        healthy: (await installationStatus(installation)).healthy,
        version: gridkeepVersion,
      }),
    });
    const panelPort = await open('panel', panelServer, configuration.panelPort);
    const facts: ServerFacts = {
      startedAt,
      data: configuration.data,
      host,
      publicPort,
      servicesPort,
      panelPort,
      open: configuration.servicesAccess === 'open',
      ...(gridMade === undefined ? {} : { gridMade }),
    };
    const running: Installation = { ...installation, server: facts };

    const socket = claimControlSocket(configuration.data);
    stack.defer(() => removeControlSocket(configuration.data));
    const control = await startControlServer({
      socket,
      findCommand: findInstallationCommand,
      runCommand: (command, input, report) => command.run(running, input, report),
      logFailure: (command, error) => log.error({ err: error, command }, 'command failed'),
    });
    stack.defer(() => control.close());
    // Watched jobs are given back first, so that the commands that wait for them end.
    stack.defer(() => installation.worker.stop());
    installation.worker.start();
    const background = new Background(log);
    stack.defer(() => background.stop());
    background.start(installation.tenants);
    const care = new VaultCare(installation, log);
    stack.defer(() => care.stop());
    care.start();
    forgetOldJobs(installation, log);
    const opened = stack.move();
    return { facts, installation: running, stop: () => opened.disposeAsync() };
  } catch (error) {
    await stack.disposeAsync();
    throw error;
  }
}

/** So that the list of jobs does not grow for ever; nobody waits for it. */
function forgetOldJobs({ jobs }: Installation, log: Logger): void {
  jobs
    .deleteEnded(endedJobsKeptMs)
    .catch((error: unknown) => log.warn({ err: error }, 'old jobs could not be deleted'));
}

async function makeDefaultGrid(installation: Installation): Promise<string | undefined> {
  const grids = await installation.tenants.list();
  if (grids.length > 0) return undefined;
  try {
    const { grid } = await installation.tenants.create(defaultGrid);
    return grid.slug;
  } catch (error) {
    // Another process on the same database has started at the same moment.
    if (error instanceof TenantError && error.code === 'exists') return undefined;
    throw error;
  }
}

function explainListening(error: unknown, name: string, host: string, port: number): unknown {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  const change = `--${name}-port or GRIDKEEP_${name.toUpperCase()}_PORT chooses another`;
  if (code === 'EADDRINUSE')
    return new ConfigurationError(
      `the ${name} port ${port} of ${host} is in use by another program; ${change}`,
    );
  if (code === 'EACCES')
    return new ConfigurationError(`the ${name} port ${port} needs more rights than this user has; ${change}`);
  if (code === 'EADDRNOTAVAIL')
    return new ConfigurationError(
      `${host} is no address of this machine; --host or GRIDKEEP_HOST chooses another`,
    );
  return error;
}
