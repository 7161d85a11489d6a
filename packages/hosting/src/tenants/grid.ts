/** What a grid is to its host: a tenant with a short name, addresses, a quota and a clock. */
import type { Uuid } from '@gridkeep/wire/uuid';

declare const slugBrand: unique symbol;
/** The short name of a grid in paths, schemas and commands. */
export type GridSlug = string & { readonly [slugBrand]: true };

export interface Grid {
  readonly id: Uuid;
  readonly slug: GridSlug;
  /** As shown to people. */
  readonly name: string;
  /** Lower-case names by which viewers reach this grid on the public port. */
  readonly hostnames: readonly string[];
  /** Unix milliseconds. */
  readonly createdAt: number;
  /** Unique bytes of assets it may keep. */
  readonly quotaBytes: number;
  /** IANA name; the grid's schedules and days follow it. */
  readonly timeZone: string;
}

export const slugLengthMax = 32;
export const gridNameLengthMax = 64;
export const hostnamesMax = 16;
/** 100 GB, in bytes. */
export const quotaBytesDefault = 100_000_000_000;

/** What was asked for breaks a rule of grids or of simulators' credentials; the message says which. */
export class TenantError extends Error {
  override readonly name = 'TenantError';
  readonly code: 'bad-value' | 'exists' | 'not-found';
  constructor(code: 'bad-value' | 'exists' | 'not-found', message: string) {
    super(message);
    this.code = code;
  }
}

function isSlug(text: string): text is GridSlug {
  // It becomes a folder's and a PostgreSQL schema's name, so it is much narrower than either allows.
  return text.length <= slugLengthMax && /^[a-z]([a-z0-9-]*[a-z0-9])?$/.test(text);
}

/** Throws a TenantError when the text is no slug. */
export function parseGridSlug(text: string): GridSlug {
  if (isSlug(text)) return text;
  throw new TenantError(
    'bad-value',
    `grid slug ${JSON.stringify(text.slice(0, 80))} is not allowed: ` +
      `up to ${slugLengthMax} lower-case letters, digits and inner hyphens, starting with a letter`,
  );
}

/** The name of the grid's PostgreSQL schema; different slugs give different names, since a slug has no underscore. */
export function schemaOfGrid(slug: GridSlug): string {
  return `grid_${slug.replaceAll('-', '_')}`;
}

export function checkGridName(name: string): string {
  const trimmed = name.trim();
  if (trimmed === '' || trimmed.length > gridNameLengthMax || /\p{Cc}/u.test(trimmed))
    throw new TenantError(
      'bad-value',
      `a grid's name has 1 to ${gridNameLengthMax} characters and no control characters`,
    );
  return trimmed;
}

/** DNS rules: at most 253 characters, labels of 1 to 63 letters, digits and inner hyphens. */
export function checkHostname(hostname: string): string {
  const lower = hostname.toLowerCase();
  const label = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;
  if (lower.length > 253 || !lower.split('.').every((part) => label.test(part)))
    throw new TenantError('bad-value', `${JSON.stringify(hostname.slice(0, 80))} is not a host name`);
  return lower;
}

export function checkHostnames(hostnames: readonly string[]): readonly string[] {
  if (hostnames.length > hostnamesMax)
    throw new TenantError('bad-value', `a grid has at most ${hostnamesMax} host names`);
  return [...new Set(hostnames.map(checkHostname))];
}

export function checkTimeZone(timeZone: string): string {
  try {
    return new Intl.DateTimeFormat('en', { timeZone }).resolvedOptions().timeZone;
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new TenantError('bad-value', `${JSON.stringify(timeZone.slice(0, 80))} is not a time zone`);
  }
}

export function checkQuota(bytes: number): number {
  if (!Number.isSafeInteger(bytes) || bytes < 0)
    throw new TenantError('bad-value', `a quota is a whole number of bytes, not ${bytes}`);
  return bytes;
}
