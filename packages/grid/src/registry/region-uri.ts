/**
 * What people write when they look for a region: its name, or the address of a grid with a name behind it
 * (OpenSim/Framework/RegionURI.cs): `grid.example.org:8002/Big Bay`, `http://grid.example.org:8002 Big Bay`,
 * `grid.example.org:8002:Big Bay/128/128/25`.
 */
export interface RegionUri {
  /** `host:port` or `scheme://host:port`; undefined for a plain name. */
  readonly grid: string | undefined;
  /** Empty for whatever the grid has as its first. */
  readonly name: string;
}

const address =
  /^((?:(?:https?|hop):\/\/)(?:\[[0-9a-f:.]+\]|[^\s/:[\]]+)(?::\d{1,5})?|(?:\[[0-9a-f:.]+\]|[^\s/:[\]]+):\d{1,5})(?:[\s:/]+(.*))?$/i;
const place = /(?:\/-?\d{1,5}(?:\.\d{1,6})?){1,3}\/?$/;

export function parseRegionUri(text: string): RegionUri {
  const trimmed = text.trim();
  const [, grid, rest] = address.exec(trimmed) ?? [];
  if (grid === undefined) return { grid: undefined, name: trimmed.replace(place, '').trim() };
  const name = `/${rest ?? ''}`.replace(place, '').slice(1);
  return { grid, name: name.trim() };
}
