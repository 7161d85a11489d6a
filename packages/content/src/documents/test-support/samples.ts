/** The sample archives that hold sound documents. */
import { fixture } from '@gridkeep/testing/requirements';
import type { SampleEntry } from './archive-entries.ts';
import { sampleEntries } from './archive-entries.ts';

const soundArchives: readonly (readonly [string, string])[] = [
  ['oar', 'big-bay-512.oar'],
  ['oar', 'plaza-home-noassets.oar'],
  ['oar', 'plaza-objects.oar'],
  ['oar', 'plaza-perm-noassets.oar'],
  ['oar', 'plaza-publish-noassets.oar'],
  ['oar', 'terrain-only.oar'],
  ['oar', 'two-regions.oar'],
  ['iar', 'ada-exclude.iar'],
  ['iar', 'ada-inventory.iar'],
  ['iar', 'ada-projects-noassets.iar'],
  ['iar', 'default-inventory.iar'],
  ['iar', 'sloodle-rezzer-2012.iar'],
  ['hostile', 'baseline.oar'],
  ['hostile', 'baseline.iar'],
];

export interface Sample extends SampleEntry {
  readonly archive: string;
}

/** Documents of all sound sample archives whose entry name matches. Needs the fixtures. */
export function samples(name: RegExp): readonly Sample[] {
  const found = soundArchives.flatMap(([folder, archive]) =>
    sampleEntries(fixture(folder, archive))
      .filter((entry) => name.test(entry.name))
      .map((entry) => ({ ...entry, archive })),
  );
  if (found.length === 0) throw new Error(`no sample matches ${name}`);
  return found;
}

export const objectEntries = /(?:^|\/)objects\/|_object\.xml$/;
