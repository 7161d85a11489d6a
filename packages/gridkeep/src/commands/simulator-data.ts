import type { Simulator } from '@gridkeep/hosting/tenants/simulators';

/** A simulator as programs get it. */
export function simulatorData(simulator: Simulator): Readonly<Record<string, unknown>> {
  return {
    name: simulator.name,
    grid: simulator.grid,
    createdAt: new Date(simulator.createdAt).toISOString(),
  };
}
