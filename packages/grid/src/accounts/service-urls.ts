/** Service addresses of an account in one column: one `key value` per line. */
import { AccountRefusedError } from './account-names.ts';
import { serviceUrlLengthMax, serviceUrlsMax } from './account.ts';

/** Every account of a grid has these, empty for the grid's own services. */
export const defaultServiceUrls: ReadonlyMap<string, string> = new Map([
  ['HomeURI', ''],
  ['InventoryServerURI', ''],
  ['AssetServerURI', ''],
]);

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
