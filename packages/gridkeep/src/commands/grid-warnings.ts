/** What in a grid would disappoint its residents or other grids, in sentences for its operator. */
import { isIP } from 'node:net';
import { isPublicAddress } from '@gridkeep/grid/outbound/public-address';
import type { GridTenant } from '../installation/grid-tenants.ts';

export async function gridWarnings({ grid, services }: GridTenant): Promise<readonly string[]> {
  const warnings: string[] = [];
  const { hypergrid, privateNetworks, loginFallbackToAnyRegion } = await services.settings.read();
  const url = await services.publicAddress.read();
  if (hypergrid && !privateNetworks && isPrivateHost(new URL(url).hostname))
    warnings.push(
      `other grids cannot reach ${url}: set hostnames or public-url, or turn hypergrid off ("gridkeep grid set")`,
    );
  const [anyOnline] = await services.registry.online(0, 0, 1);
  const [defaultRegion] = await services.registry.defaults();
  if (anyOnline !== undefined && defaultRegion === undefined)
    warnings.push(
      loginFallbackToAnyRegion
        ? 'no region that is online is a default region: logins without another aim go to any region'
        : 'no region that is online is a default region: first logins fail',
    );
  const skeleton = await services.library.skeleton();
  if (skeleton.length <= 1)
    warnings.push(
      'there is no library: residents find none of the usual content ("gridkeep library import")',
    );
  return warnings.map((line) => `grid ${grid.slug}: ${line}`);
}

function isPrivateHost(hostname: string): boolean {
  const bare = hostname.replace(/^\[|\]$/g, '');
  return bare === 'localhost' || (isIP(bare) !== 0 && !isPublicAddress(bare));
}
