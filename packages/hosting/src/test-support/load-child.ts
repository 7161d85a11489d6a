/** `load-child.ts FOLDER REGION ARCHIVE JOB`: loads the archive, says `loading` before and `loaded` once it is acknowledged. */
import { join } from 'node:path';
import { parseUuid } from '@gridkeep/wire/uuid';
import { loadRegionArchive } from '../ingress/load-region.ts';
import { openGrid } from './open-grid.ts';

const [folder = '', region = '', source = '', job = ''] = process.argv.slice(2);
const grid = await openGrid(folder);
process.stdout.write('loading\n');
await loadRegionArchive(
  grid.services,
  {
    ...{ source, regionId: parseUuid(region), mode: 'replace', existing: 'skip', mergeTerrain: false },
    ...{ displacement: undefined, createMissing: false, resize: true, strict: false },
  },
  {
    jobId: parseUuid(job),
    temporaryFolder: join(folder, 'temporary'),
    signal: new AbortController().signal,
    progress: () => undefined,
  },
);
process.stdout.write('loaded\n');
await grid.close();
