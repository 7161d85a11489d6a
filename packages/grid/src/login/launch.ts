/**
 * Brings an agent to a region: the one wanted, or another when that refuses or does not answer.
 * Source: OpenSim/Services/LLLoginService/LLLoginService.cs, LaunchAgentAtGrid.
 */
import type { Uuid } from '@gridkeep/wire/uuid';
import type { RegionRegistry } from '../registry/region-registry.ts';
import { regionFlags } from '../registry/registered-region.ts';
import type { RegisteredRegion } from '../registry/registered-region.ts';
import { teleportFlags } from '../simulation/agent-circuit.ts';
import type { AgentCircuit } from '../simulation/agent-circuit.ts';
import type { Simulation } from '../simulation/simulation.ts';
import type { TransferContext } from '../simulation/versions.ts';
import type { HostAddresses } from './host-addresses.ts';
import { LoginRefusedError, loginRefused } from './login-refused.ts';
import type { Destination } from './start-location.ts';

/** For all tries together: viewers wait for the answer to a login between 10 and 180 s, most a minute. */
const totalMs = 25_000;
/** What is left must be worth a try. */
const leftMsMin = 1000;
const accessMs = 6000;
/** For regions that did not answer the grid's own check lately. */
const accessMsOfUnreachable = 2000;
const createMs = 15_000;
/** Regions besides the one wanted. */
const alternativesMax = 4;

export interface LaunchOptions {
  readonly registry: Pick<RegionRegistry, 'fallbacks' | 'online' | 'defaults'>;
  readonly simulation: Pick<Simulation, 'queryAccess' | 'createAgent'>;
  readonly hosts: Pick<HostAddresses, 'find'>;
}

export interface Traveller {
  readonly agentId: Uuid;
  /** '' on a grid without Hypergrid. */
  readonly homeUri: string;
  /** What the region is told, once it is known which version it understands. */
  readonly circuit: (destination: Destination, context: TransferContext) => AgentCircuit;
}

export interface Arrival {
  readonly destination: Destination;
  /** Where viewers find the simulator: dotted decimal. */
  readonly address: string;
}

/** Throws LoginRefusedError with what the wanted region said. `anyRegion`: not only fallback regions come next. */
export async function launch(
  options: LaunchOptions,
  wanted: Destination,
  traveller: Traveller,
  anyRegion: boolean,
): Promise<Arrival> {
  const deadline = performance.now() + totalMs;
  let reason: string | undefined;
  for await (const destination of destinations(options.registry, wanted, anyRegion)) {
    const leftMs = deadline - performance.now();
    if (leftMs < leftMsMin) break;
    const outcome = await launchAt(options, destination, traveller, leftMs);
    if (typeof outcome !== 'string') return outcome;
    reason ??= outcome;
  }
  throw reason === undefined ? loginRefused('noRegion') : new LoginRefusedError('key', reason);
}

/** The reason when it did not succeed. */
async function launchAt(
  { simulation, hosts }: LaunchOptions,
  destination: Destination,
  { agentId, homeUri, circuit }: Traveller,
  leftMs: number,
): Promise<Arrival | string> {
  const { region, position } = destination;
  const began = performance.now();
  const unreachable = region.unreachableSince !== undefined;
  const [access, address] = await Promise.all([
    simulation.queryAccess(
      region,
      { agentId, position, homeUri },
      { timeoutMs: Math.min(leftMs, unreachable ? accessMsOfUnreachable : accessMs) },
    ),
    hosts.find(region.serverHost),
  ]);
  if (!access.granted) return access.reason;
  if (address === undefined) return `The region ${region.name} cannot be found by viewers.`;
  const timeoutMs = Math.min(createMs, leftMs - (performance.now() - began));
  if (timeoutMs < 1) return `The region ${region.name} does not answer.`;
  const created = await simulation.createAgent(region, circuit(destination, access.context), access.context, {
    timeoutMs,
  });
  return created.granted ? { destination, address } : created.reason;
}

/** Others are looked for only when they are needed. */
async function* destinations(
  registry: LaunchOptions['registry'],
  wanted: Destination,
  anyRegion: boolean,
): AsyncGenerator<Destination> {
  yield wanted;
  const { x, y } = wanted.region;
  const found: readonly RegisteredRegion[] = [
    ...(await registry.fallbacks(x, y)),
    ...(anyRegion ? [...(await registry.defaults()), ...(await registry.online(x, y, 20))] : []),
  ];
  const tried = new Set([wanted.region.id]);
  for (const region of found) {
    if (tried.size > alternativesMax) return;
    if (tried.has(region.id) || (region.flags & regionFlags.noDirectLogin) !== 0) continue;
    tried.add(region.id);
    yield { ...wanted, region, kind: 'safe', flags: wanted.flags | teleportFlags.viaRegionId };
  }
}
