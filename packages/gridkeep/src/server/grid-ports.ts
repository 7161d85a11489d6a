/** The two ports on which grids are served, put together from an open installation. */
import { createPublicServer } from '../http/public-server.ts';
import { GridWires } from '../http/grid-wires.ts';
import { gridForHost } from '../http/host-names.ts';
import { mapTileRemoval } from '../http/map-tile-removal.ts';
import { NetworkList } from '../http/network-list.ts';
import type { PortServer } from '../http/server-limits.ts';
import { createServicesServer } from '../http/services-server.ts';
import { SimulatorAuthorization } from '../http/simulator-authorization.ts';
import type { Installation } from '../installation/installation.ts';
import type { Logger } from '../logging/logger.ts';

export interface GridPorts {
  readonly publicServer: PortServer;
  readonly servicesServer: PortServer;
}

export function gridPorts(installation: Installation, log: Logger): GridPorts {
  const { tenants, configuration } = installation;
  const { simulators, simulatorAddresses } = tenants;
  const open = configuration.servicesAccess === 'open';
  const wires = new GridWires({
    servicesOf: async (slug) => (await tenants.tenant(slug)).services,
    isSimulatorAddress: (slug, address) => simulatorAddresses.isOf(slug, address, { open }),
    log,
  });
  const wireOf = wires.find.bind(wires);
  const publicServer = createPublicServer({
    ...{ log, wireOf },
    listGrids: () => tenants.list(),
    trustedProxies: new NetworkList(configuration.trustedProxies),
  });
  const servicesServer = createServicesServer({
    ...{ log, wireOf },
    authorization: new SimulatorAuthorization(simulators),
    onSeen: (grid, simulator, address) => simulatorAddresses.seen(grid, simulator, address),
    allowed: new NetworkList(configuration.simulatorAddresses),
    answerUnauthenticated: mapTileRemoval({
      simulatorsAt: (address) => simulatorAddresses.at(address),
      registryOf: async (slug) => (await tenants.tenant(slug)).services.registry,
      wireOf,
    }),
    ...(open ? { openGrid: async (host) => gridForHost(await tenants.list(), host)?.slug } : {}),
  });
  return { publicServer, servicesServer };
}
