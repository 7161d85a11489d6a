/** Which viewers and machines may log in. */
import { LRUCache } from 'lru-cache';
import type { SettingValues } from '../settings/setting-definitions.ts';
import type { LoginRequest } from './login-request.ts';

/** Expressions that were compiled before; a bad one stands as undefined. */
const compiled = new LRUCache<string, { readonly expression: RegExp | undefined }>({ max: 200 });

/** As OpenSimulator calls a viewer (LLLoginService.cs): the version alone where that holds a name. */
export function viewerName({ channel, version }: Pick<LoginRequest, 'channel' | 'version'>): string {
  return version.includes(' ') ? version : `${channel} ${version}`;
}

/**
 * Expressions are looked for anywhere in the viewer's name, whatever the case. Digests of machines must be equal; OpenSimulator
 * looks for them as part of the whole list, so that an empty one is in every list.
 */
export function isClientAllowed(
  request: Pick<LoginRequest, 'channel' | 'version' | 'mac' | 'id0'>,
  settings: Pick<SettingValues, 'allowedClients' | 'deniedClients' | 'deniedMacs' | 'deniedId0s'>,
): boolean {
  const { allowedClients, deniedClients, deniedMacs, deniedId0s } = settings;
  const viewer = viewerName(request);
  if (allowedClients.length > 0 && !allowedClients.some((pattern) => matches(pattern, viewer))) return false;
  if (deniedClients.some((pattern) => matches(pattern, viewer))) return false;
  return !contains(deniedMacs, request.mac) && !contains(deniedId0s, request.id0);
}

function contains(list: readonly string[], value: string): boolean {
  return value !== '' && list.some((entry) => entry.toLowerCase() === value.toLowerCase());
}

function matches(pattern: string, viewer: string): boolean {
  let known = compiled.get(pattern);
  if (known === undefined) {
    known = { expression: compile(pattern) };
    compiled.set(pattern, known);
  }
  return known.expression?.test(viewer) ?? false;
}

/** An expression that is wrong matches nothing. */
function compile(pattern: string): RegExp | undefined {
  try {
    return new RegExp(pattern, 'i');
  } catch {
    return undefined;
  }
}
