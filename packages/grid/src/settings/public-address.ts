/** The address under which viewers and other grids reach a grid: what an operator has set, else what its host knows. */
import { andThen } from '../at-once.ts';
import type { AtOnce } from '../at-once.ts';
import { withSlash } from '../grid-url.ts';
import type { Settings } from './settings.ts';

export class PublicAddress {
  readonly #settings: Pick<Settings, 'read'>;
  readonly #ofHost: () => string;

  constructor(settings: Pick<Settings, 'read'>, ofHost: () => string) {
    this.#settings = settings;
    this.#ofHost = ofHost;
  }

  /** With a slash at its end; without a promise while the settings are in memory. */
  read(): AtOnce<string> {
    return andThen(this.#settings.read(), ({ publicUrl }) => withSlash(publicUrl || this.#ofHost()));
  }
}
