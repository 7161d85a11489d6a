/**
 * Regions take their map tiles away without a credential (OpenSim/Services/Connectors/MapImage/MapImageServicesConnector.cs
 * passes none). It is done for who asks from the address of a simulator, and only where no other simulator has a region.
 */
import type { RegionRegistry } from '@gridkeep/grid/registry/region-registry';
import { cellMetres, isOnline } from '@gridkeep/grid/registry/registered-region';
import { pathParts } from '@gridkeep/grid/robust-http';
import type { RobustReply, RobustRequest } from '@gridkeep/grid/robust-http';
import type { SimulatorAddress } from '@gridkeep/hosting/tenants/simulator-addresses';
import { FormError, readForm } from '@gridkeep/wire/robust/form';
import type { OpenWire } from './grid-wires.ts';

export interface MapTileRemovalOptions {
  /** The simulators that have lately shown their credential from that address. */
  readonly simulatorsAt: (address: string) => Promise<readonly SimulatorAddress[]>;
  readonly registryOf: (slug: string) => Promise<Pick<RegionRegistry, 'at'>>;
  readonly wireOf: (slug: string) => OpenWire | Promise<OpenWire>;
}

const services: ReadonlySet<string> = new Set(['map', 'removemap']);

/** Answers a removal; undefined where it is none, or none of the asker's business. */
export function mapTileRemoval(
  options: MapTileRemovalOptions,
): (request: Omit<RobustRequest, 'source'>) => Promise<RobustReply | undefined> {
  return async (request) => {
    const [service, ...more] = pathParts(request.path);
    if (service === undefined || !services.has(service) || more.length > 0) return undefined;
    const place = placeToRemove(request.body);
    if (place === undefined) return undefined;
    const simulators = await options.simulatorsAt(request.address);
    const byGrid = Map.groupBy(
      simulators.filter((one) => one.name !== ''),
      (one) => one.grid,
    );
    let reply: RobustReply | undefined;
    for (const [grid, source] of await gridsConcerned(options, byGrid, place)) {
      const wire = await options.wireOf(grid);
      reply = await wire.privateRoutes.find(request.path)?.({ ...request, source });
    }
    return reply;
  };
}

interface Place {
  readonly x: number;
  readonly y: number;
}

/** In regions of 256 m; undefined for what is no removal. */
function placeToRemove(body: Uint8Array): Place | undefined {
  try {
    const form = readForm(body);
    if (form.text('DATA') !== undefined) return undefined;
    const [x, y] = [form.text('X') ?? '', form.text('Y') ?? ''].map((text) =>
      /^\d{1,7}$/.test(text.trim()) ? Number(text) : undefined,
    );
    return x === undefined || y === undefined ? undefined : { x, y };
  } catch (error) {
    if (error instanceof FormError) return undefined;
    throw error;
  }
}

/**
 * A simulator deregisters its region before it removes the tile, so where nothing stands the tile may go. One machine may
 * run simulators of several grids: where one of their regions still stands, it must be clear whose tile is meant.
 */
async function gridsConcerned(
  options: MapTileRemovalOptions,
  byGrid: ReadonlyMap<string, readonly SimulatorAddress[]>,
  place: Place,
): Promise<readonly (readonly [grid: string, simulator: string])[]> {
  const vacant: [string, string][] = [];
  const standing: [string, string][] = [];
  for (const [grid, simulators] of byGrid) {
    const registry = await options.registryOf(grid);
    const region = await registry.at(place.x * cellMetres, place.y * cellMetres);
    const own = simulators.find((one) => region === undefined || one.name === region.simulator);
    if (own === undefined) continue;
    const online = region !== undefined && isOnline(region);
    (online ? standing : vacant).push([grid, own.name]);
  }
  if (vacant.length > 0) return vacant;
  return standing.length === 1 ? standing : [];
}
