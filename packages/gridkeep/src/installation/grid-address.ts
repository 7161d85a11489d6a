/** Under which addresses a grid is reached, as far as its host can tell. */
import { isIPv6 } from 'node:net';
import { networkInterfaces } from 'node:os';
import type { GridAddress } from '@gridkeep/grid/grid-services';
import type { Grid } from '@gridkeep/hosting/tenants/grid';

export interface PortAddress {
  /** What the port is bound to. */
  readonly host: string;
  readonly port: number;
}

/** A grid's public address: its first host name, else an address of this machine. */
export function gridAddress(grid: Grid, bound: PortAddress): GridAddress {
  return {
    name: grid.name,
    nick: grid.slug,
    publicUrl: httpUrl(grid.hostnames[0] ?? reachableHost(bound.host), bound.port),
  };
}

/** With a slash at its end; without the port that http has anyway. */
export function httpUrl(host: string, port: number): string {
  const name = isIPv6(host) ? `[${host}]` : host;
  return port === 80 ? `http://${name}/` : `http://${name}:${port}/`;
}

/** The address itself; where a port is bound to all of them, the first by which other machines reach this one. */
export function reachableHost(host: string): string {
  if (host !== '0.0.0.0' && host !== '::') return host;
  const outside = Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .filter((one) => !one.internal && !one.address.startsWith('fe80:'));
  const best = outside.find((one) => one.family === 'IPv4') ?? outside[0];
  return best?.address ?? '127.0.0.1';
}

/** Only this machine can reach a port that is bound to this address. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || host.startsWith('127.');
}
