/** Which grid is meant by the name under which a port was called. */
import type { Grid } from '@gridkeep/hosting/tenants/grid';

/** The name in a Host header: without its port, in lower case, without the dot of a full name. */
export function hostName(header: string | undefined): string {
  if (header === undefined) return '';
  const name = header.trim().toLowerCase();
  if (name.startsWith('[')) return name.slice(1, Math.max(name.indexOf(']'), 1));
  const colon = name.indexOf(':');
  const bare = colon < 0 ? name : name.slice(0, colon);
  return bare.endsWith('.') ? bare.slice(0, -1) : bare;
}

/** The grid of that Host header; where there is only one, it answers for every name. */
export function gridForHost(grids: readonly Grid[], header: string | undefined): Grid | undefined {
  if (grids.length === 1) return grids[0];
  const name = hostName(header);
  return grids.find((grid) => grid.hostnames.includes(name));
}
