/** Creators, owners and groups that an archive names, with counts. */
import { tryParseUuid, zeroUuid } from '@gridkeep/wire/uuid';
import type { Uuid } from '@gridkeep/wire/uuid';
import { detachedText, detachedUuid } from './detached.ts';
import type { People, Person } from './inspection-report.ts';

interface Counted {
  id: Uuid | undefined;
  name: string | undefined;
  home: string | undefined;
  count: number;
}

const listMax = 1000;
/** Distinct ones that are kept apart; the rest of a hostile archive is only counted. */
const distinctMax = 200_000;

export class PeopleCount {
  readonly #people = new Map<string, Counted>();
  #beyond = 0;

  add(id: Uuid | undefined, name?: string, home?: string): void {
    if ((id === undefined || id === zeroUuid) && name === undefined) return;
    const found = id ?? `name ${name ?? ''}`;
    const known = this.#people.get(found);
    if (known !== undefined) {
      known.count += 1;
      known.name ??= name;
      known.home ??= home;
    } else if (this.#people.size < distinctMax) {
      const kept = id && detachedUuid(id);
      this.#people.set(kept ?? detachedText(found), {
        id: kept,
        name: name && detachedText(name),
        home: home && detachedText(home),
        count: 1,
      });
    } else this.#beyond += 1;
  }

  report(): People {
    const list: Person[] = [...this.#people.values()].sort((a, b) => b.count - a.count).slice(0, listMax);
    return { count: this.#people.size + this.#beyond, list };
  }
}

export interface CreatorData {
  readonly home: string | undefined;
  readonly name: string | undefined;
}

/** `<home URL>;<First Last>`, in an IAR `<home URL>/<id>;<First Last>`. */
export function parseCreatorData(text: string): CreatorData {
  const separator = text.indexOf(';');
  const home = separator < 0 ? text : text.slice(0, separator);
  const name = separator < 0 ? '' : text.slice(separator + 1);
  return {
    home: short(tryParseUuid(home.slice(-36)) === undefined ? home : home.slice(0, -36)),
    name: short(name),
  };
}

function short(text: string): string | undefined {
  return text === '' ? undefined : text.slice(0, 200);
}
