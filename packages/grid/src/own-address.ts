/** Where this grid is reached from outside: what its operator set, else what its host knows. */
import type { GridAddress } from './grid-services.ts';
import { gridAuthority, tryParseGridUrl } from './grid-url.ts';
import type { Settings } from './settings/settings.ts';
import type { SettingValues } from './settings/setting-definitions.ts';

/** As it stands at one moment. */
export interface OwnGrid {
  /** Address of the public port, with a slash at its end: gatekeeper, home address and all other public services. */
  readonly url: string;
  readonly name: string;
  readonly nick: string;
  readonly settings: SettingValues;
  /** Whether an address, in whatever spelling, is one of this grid's. */
  readonly isOwn: (address: string) => boolean;
}

export class OwnAddress {
  readonly #settings: Pick<Settings, 'read'>;
  readonly #address: () => GridAddress;
  #last: OwnGrid | undefined;
  #lastAddress: GridAddress | undefined;

  constructor(settings: Pick<Settings, 'read'>, address: () => GridAddress) {
    this.#settings = settings;
    this.#address = address;
  }

  async read(): Promise<OwnGrid> {
    const settings = await this.#settings.read();
    const address = this.#address();
    const last = this.#last;
    if (last?.settings === settings && this.#lastAddress?.publicUrl === address.publicUrl) {
      const { name, nick } = address;
      return last.name === name && last.nick === nick ? last : { ...last, name, nick };
    }
    const own = ownGrid(settings, address);
    [this.#last, this.#lastAddress] = [own, address];
    return own;
  }
}

function ownGrid(settings: SettingValues, address: GridAddress): OwnGrid {
  const url = tryParseGridUrl(settings.publicUrl) ?? tryParseGridUrl(address.publicUrl) ?? address.publicUrl;
  const authorities = new Set(
    [url, address.publicUrl, ...settings.gatekeeperAliases]
      .map(gridAuthority)
      .filter((key) => key !== undefined),
  );
  return {
    ...{ url, settings, name: address.name, nick: address.nick },
    isOwn: (other) => {
      const authority = gridAuthority(other);
      return authority !== undefined && authorities.has(authority);
    },
  };
}
