/** Service addresses of an account in one column: one `key value` per line. */
import { withoutSlash } from '../grid-url.ts';
import { AccountRefusedError } from './account-names.ts';
import { serviceUrlLengthMax, serviceUrlsMax } from './account.ts';

/** Every account of a grid has these, empty for the grid's own services. */
export const defaultServiceUrls: ReadonlyMap<string, string> = new Map([
  ['HomeURI', ''],
  ['InventoryServerURI', ''],
  ['AssetServerURI', ''],
]);

/**
 * What residents of a grid have when they are asked for: the grid's own address for all that travels with them, in the order
 * of OpenSim/Services/LLLoginService, and behind it what else their account holds. `publicUrl` ends in a slash.
 */
export function residentServiceUrls(
  publicUrl: string,
  stored: ReadonlyMap<string, string> = new Map(),
): ReadonlyMap<string, string> {
  const urls = new Map<string, string>(ownServices.map((name) => [name, publicUrl]));
  // Gatekeepers are compared as texts, and other grids know them without the slash.
  urls.set('GatekeeperURI', withoutSlash(publicUrl));
  for (const [name, url] of stored) if (!urls.has(name)) urls.set(name, url);
  return urls;
}

const ownServices = [
  'HomeURI',
  'InventoryServerURI',
  'AssetServerURI',
  'ProfileServerURI',
  'FriendsServerURI',
  'IMServerURI',
  'GroupsServerURI',
] as const;

/** As simulators read them: `HomeURI*http://grid.example/;…;` */
export function serviceUrlsText(urls: ReadonlyMap<string, string>): string {
  return [...urls].map(([name, url]) => `${name}*${url.replace(/[*;]/g, escaped)};`).join('');
}

function escaped(character: string): string {
  return `%${character.charCodeAt(0).toString(16).toUpperCase()}`;
}

/** Throws AccountRefusedError; neither keys nor values may hold what separates them here or on the wire. */
export function formatServiceUrls(urls: ReadonlyMap<string, string>): string {
  if (urls.size > serviceUrlsMax)
    throw new AccountRefusedError(`an account may have at most ${serviceUrlsMax} service addresses`);
  const lines = [...urls].map(([key, value]) => {
    if (!/^\w{1,64}$/.test(key))
      throw new AccountRefusedError(
        `${JSON.stringify(key.slice(0, 80))} is not the name of a service address`,
      );
    if (value.length > serviceUrlLengthMax || /[\s\p{Cc}*;]/u.test(value))
      throw new AccountRefusedError(
        `the service address ${key} may have at most ${serviceUrlLengthMax} characters, without spaces, * and ;`,
      );
    return `${key} ${value}`;
  });
  return lines.join('\n');
}

export function parseServiceUrls(text: string): ReadonlyMap<string, string> {
  const urls = new Map<string, string>();
  for (const line of text.split('\n')) {
    const space = line.indexOf(' ');
    if (space > 0) urls.set(line.slice(0, space), line.slice(space + 1));
  }
  return urls;
}
