/** Addresses of grids: gatekeepers, home addresses. They come from strangers, in several spellings of one thing. */

/** Characters. */
export const gridUrlMax = 255;

/**
 * The address with a scheme, a lower-case host and a slash at its end; without query. Undefined for what is no http or
 * https address, or has a password. A missing scheme is http, as people type `grid.example.org:8002`.
 */
export function tryParseGridUrl(text: string): string | undefined {
  const trimmed = text.trim();
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
  const port = url.port === '' ? (url.protocol === 'https:' ? '443' : '80') : url.port;
  return `${url.hostname}:${port}`;
}

export function isSameGrid(one: string, other: string): boolean {
  const authority = gridAuthority(one);
  return authority !== undefined && authority === gridAuthority(other);
}
