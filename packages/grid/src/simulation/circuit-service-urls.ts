/** Where the services of a resident are, as circuits say it. */
import type { Account } from '../accounts/account.ts';
import { residentServiceUrls } from '../accounts/service-urls.ts';
import { withSlash } from '../grid-url.ts';

/** All with a slash at their ends, the gatekeeper's too. */
export function circuitServiceUrls(
  account: Pick<Account, 'serviceUrls'>,
  publicUrl: string,
): ReadonlyMap<string, string> {
  const urls = residentServiceUrls(publicUrl, account.serviceUrls);
  return new Map([...urls].map(([name, url]) => [name, url === '' ? url : withSlash(url)]));
}
