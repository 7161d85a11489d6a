/** Where other grids find the services of this grid's residents. */

/** As OpenSimulator's example configuration names them; all on the public port. */
const ownServices = [
  'HomeURI',
  'InventoryServerURI',
  'AssetServerURI',
  'ProfileServerURI',
  'FriendsServerURI',
  'IMServerURI',
  'GroupsServerURI',
  'GatekeeperURI',
] as const;

/** This grid's own services go before what an account says; further ones of the account stay. */
export function residentServiceUrls(
  account: { readonly serviceUrls: ReadonlyMap<string, string> },
  ownUrl: string,
): ReadonlyMap<string, string> {
  const further = [...account.serviceUrls].filter(([, url]) => url !== '');
  return new Map([...further, ...ownServices.map((name) => [name, ownUrl] as const)]);
}
