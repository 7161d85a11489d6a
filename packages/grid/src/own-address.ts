/** Which addresses are this grid's, in whatever spelling other grids have them. */
import { gridAuthority, tryParseGridUrl } from './grid-url.ts';
import type { PublicAddress } from './settings/public-address.ts';
import type { Settings } from './settings/settings.ts';
import type { SettingValues } from './settings/setting-definitions.ts';

/** As it stands at one moment. */
export interface OwnGrid {
  /** Of the public port, with a slash at its end: gatekeeper, home address and all other public services. */
  readonly url: string;
  readonly settings: SettingValues;
  readonly isOwn: (address: string) => boolean;
}

export class OwnAddress {
  readonly #settings: Pick<Settings, 'read'>;
  readonly #address: Pick<PublicAddress, 'read'>;
  #last: { readonly own: OwnGrid; readonly address: string } | undefined;

  constructor(settings: Pick<Settings, 'read'>, address: Pick<PublicAddress, 'read'>) {
    this.#settings = settings;
    this.#address = address;
  }

  async read(): Promise<OwnGrid> {
    const [settings, address] = [await this.#settings.read(), await this.#address.read()];
    if (this.#last?.own.settings !== settings || this.#last.address !== address)
      this.#last = { own: ownGrid(settings, address), address };
    return this.#last.own;
  }
}

function ownGrid(settings: SettingValues, address: string): OwnGrid {
  const url = tryParseGridUrl(address) ?? address;
  const authorities = new Set([url, ...settings.gatekeeperAliases].map(gridAuthority));
  return {
    url,
    settings,
    isOwn: (other) => {
      const authority = gridAuthority(other);
      return authority !== undefined && authorities.has(authority);
    },
  };
}
