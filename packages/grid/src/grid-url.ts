/** Addresses of grids: gatekeepers, home addresses. They come from strangers, in several spellings of one thing. */

/** Characters. */
const gridUrlMax = 255;

/**
 * The address with a scheme, a lower-case host and a slash at its end; without query. Undefined for what is no http or
 * https address, or has a password. A missing scheme is http, as people type `grid.example.org:8002`, and so is `hop`, as
 * viewers write it.
 */
export function tryParseGridUrl(text: string): string | undefined {
  const trimmed = text.trim().replace(/^hop:/i, 'http:');
  if (trimmed === '' || trimmed.length > gridUrlMax || /[\s;\\<>"]/.test(trimmed)) return undefined;
  const whole = /^[a-z][a-z0-9+.-]*:\/\//i.test(trimmed) ? trimmed : `http://${trimmed}`;
  const url = URL.canParse(whole) ? new URL(whole) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol) || url.hostname === '') return undefined;
  if (url.username !== '' || url.password !== '') return undefined;
  const path = url.pathname.endsWith('/') ? url.pathname : `${url.pathname}/`;
  return `${url.origin}${path}`;
}

/** `host:port`: what two spellings of one grid's address have in common. Undefined for what is no address. */
export function gridAuthority(text: string): string | undefined {
  const parsed = tryParseGridUrl(text);
  if (parsed === undefined) return undefined;
  const url = new URL(parsed);
  return `${url.hostname}:${portOf(url)}`;
}

/** Also where it is the usual one and not written out. */
export function portOf(url: URL): number {
  if (url.port !== '') return Number(url.port);
  return url.protocol === 'https:' ? 443 : 80;
}

export function isSameGrid(one: string, other: string): boolean {
  const authority = gridAuthority(one);
  return authority !== undefined && authority === gridAuthority(other);
}

/** For what paths are appended to. */
export function withSlash(url: string): string {
  return url.endsWith('/') ? url : `${url}/`;
}

/** As gatekeepers are written where they are compared as texts. */
export function withoutSlash(url: string): string {
  return url.replace(/\/+$/, '');
}
