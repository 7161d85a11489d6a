import assert from 'node:assert/strict';
import { createReadStream } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import test from 'node:test';
import { gunzipSync, gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { fixture, missing } from '@gridkeep/testing/requirements';
import type { Uuid } from '@gridkeep/wire/uuid';
import { inspectArchive } from './inspect-archive.ts';
import type { ArchiveSink } from './inspect-archive.ts';
import type { InspectionReport } from './inspection-report.ts';
import { writeTar } from './tar-writer.ts';

const skip = missing('fixtures');

/** The lines of a Markdown table, by the text of their first cell. */
async function tableOf(folder: string): Promise<Map<string, string[]>> {
  const text = await readFile(fixture(folder, 'README.md'), 'utf8');
  const rows = new Map<string, string[]>();
  for (const line of text.split('\n')) {
    const cells = line.split('|').slice(1, -1);
    const [name = ''] = cells;
    if (/\.[oi]ar/.test(name))
      rows.set(
        name.trim(),
        cells.map((cell) => cell.trim()),
      );
  }
  return rows;
}

const kindWords: Readonly<Record<string, string>> = { LSLText: 'script' };

function assetsOf(report: InspectionReport): string[] {
  return report.assets.byKind
    .map(({ name, count }) => `${count} ${kindWords[name] ?? name.toLowerCase()}`)
    .sort();
}

function listed(cell: string | undefined): string[] {
  return cell === undefined || cell === 'none' ? [] : cell.split(', ').sort();
}

test('region archives: the figures of the fixtures', { skip }, async () => {
  const rows = await tableOf('oar');
  assert.equal(rows.size, 7);
  for (const [file, [, , version, objects, scripts, parcels, terrain, assets, bytes]] of rows) {
    const report = await inspectArchive(fixture('oar', file));
    assert.equal(report.kind, 'oar', file);
    assert.equal(report.version, version, file);
    assert.equal(`${report.objects} / ${report.parts}`, objects, file);
    assert.equal(String(report.scripts), scripts, file);
    assert.equal(String(report.parcels), parcels, file);
    assert.equal(
      report.regions.map(({ terrain: samples }) => `${samples?.width}x${samples?.height}`).join(', '),
      terrain,
      file,
    );
    assert.deepEqual(assetsOf(report), listed(assets), file);
    assert.equal(String(report.bytes.compressed), bytes, file);
    assert.equal(report.entriesRefused, 0, file);
  }
});

test('inventory archives: the figures of the fixtures', { skip }, async () => {
  const rows = await tableOf('iar');
  assert.equal(rows.size, 5);
  for (const [file, [, , version, items, folders, assets, bytes]] of rows) {
    const report = await inspectArchive(fixture('iar', file));
    assert.equal(report.kind, 'iar', file);
    assert.equal(report.version, version, file);
    assert.equal(String(report.inventory?.items), items, file);
    assert.equal(String(report.inventory?.folders), folders, file);
    assert.deepEqual(assetsOf(report), listed(assets), file);
    assert.equal(String(report.bytes.compressed), bytes, file);
  }
});

function verdictOf(report: InspectionReport): string {
  if (report.verdict === 'refuse') return 'refuse';
  return report.entriesRefused > 0 ? 'refuse entry' : report.verdict;
}

/** What must stand in the report: the rule, and for some the place. */
const expectedRule: Readonly<Record<string, RegExp>> = {
  'gzip-truncated.oar': /C1 .*cut off/,
  'gzip-bad-crc.oar': /C1 .*CRC-32/,
  'gzip-trailing-garbage.oar': /C1 .*byte 4393/,
  'tar-trailing-data.oar': /C1 .*end marker/,
  'tar-cut-in-body.oar': /C1 assets\/93ea71a3.*275968.*cut off/,
  'tar-no-end-marker.oar': /C1 .*end marker/,
  'tar-bad-checksum.oar': /C1 assets\/0eb2e543.*274944.*checksum/,
  'tar-size-too-big.oar': /C4 assets\/0eb2e543.*1073741823/,
  'tar-size-too-small.oar': /C1 .*checksum/,
  'tar-name-with-nul.oar': /C3 .*NUL/,
  'tar-path-traversal.oar': /C3 .*"\.\."/,
  'tar-absolute-path.oar': /C3 .*absolute/,
  'tar-backslash-path.oar': /C3 .*backslash/,
  'tar-symlink.oar': /C3 .*symbolic link/,
  'tar-hardlink.oar': /C3 .*hard link/,
  'tar-pax-huge-size.oar': /C4 .*over the cap/,
  'tar-long-name-bomb.oar': /C4 .*16777216/,
  'gzip-bomb.oar': /C4 /,
  'many-entries.oar': /C4 .*refused/,
  'xml-entity-bomb.oar': /C4 objects.*DOCTYPE/,
  'xml-external-entity.oar': /C4 settings.*DOCTYPE/,
  'xml-10000-deep.oar': /O1 objects.*deeper/,
  'xml-invalid-utf8.oar': /O1 objects.*UTF-8/,
  'object-nan-position.oar': /O3 objects.*GroupPosition.*NaN/,
  'object-infinite-scale.oar': /O3 objects.*Scale/,
  'object-keyframe-motion.oar': /O4 objects.*KeyframeMotion/,
  'terrain-wrong-size.oar': /R2 terrains.*100000/,
  'asset-unknown-suffix.oar': /A1 assets.*suffix/,
  'asset-wrong-kind.oar': /A2 assets.*web page/,
  'asset-duplicate-id.oar': /A1 assets.*SHA-256 [0-9a-f]{64} counts, [0-9a-f]{64} does not/,
  'asset-missing.oar': /A4 objects\/Box.*0eb2e543.*"Box"/,
  'asset-empty.oar': /A4 objects\/Box.*0eb2e543.*empty/,
  'region-name-with-path.oar': /C3 regions.*"\.\."/,
  'control-missing.oar': /C2 .*not an OAR/,
  'control-version-9.9.oar': /C2 archive.xml.*9\.9/,
  'control-no-version.oar': /C2 archive.xml.*major_version/,
  'assets-first.iar': /C5 .*order|C5 .*before/,
  'no-folder-entries.iar': /C5 .*folders/,
  'dangling-link.iar': /I1 inventory.*ae6d4b5e/,
};

test('every hostile archive meets its verdict, and the report says why', { skip }, async () => {
  const rows = await tableOf('hostile');
  assert.equal(rows.size, 44);
  for (const [file, [, , verdict]] of rows) {
    const report = await inspectArchive(fixture('hostile', file));
    assert.equal(verdictOf(report), verdict, file);
    const said = [...report.findings, ...(report.refusal === undefined ? [] : [report.refusal])].map(
      ({ rule, entry, offset, message }) => `${rule} ${entry ?? ''} ${offset ?? ''} ${message}`,
    );
    const expected = expectedRule[file];
    if (verdict === 'accept')
      assert.deepEqual(
        said.filter((line) => !/^A[56] /.test(line)),
        [],
        file,
      );
    else
      assert.ok(
        expected !== undefined && said.some((line) => expected.test(line)),
        `${file}: ${said.join('\n')}`,
      );
    assert.ok(JSON.stringify(report).length < 100_000, `${file}: the report stays short`);
  }
  assert.deepEqual(
    [...rows]
      .filter(([, [, , verdict]]) => verdict !== 'accept')
      .map(([file]) => file)
      .sort(),
    Object.keys(expectedRule).sort(),
  );
});

interface Taken {
  readonly sink: ArchiveSink;
  readonly names: string[];
  readonly assets: Map<Uuid, string>;
}

function collecting(): Taken {
  const names: string[] = [];
  const assets = new Map<Uuid, string>();
  const note = async (entry: { kind: string; name: string }): Promise<void> => {
    await new Promise((resolve) => setImmediate(resolve));
    names.push(`${entry.kind} ${entry.name}`);
  };
  const sink: ArchiveSink = {
    control: note,
    object: note,
    parcel: note,
    settings: note,
    terrain: note,
    item: note,
    folder: (entry) => note({ kind: 'folder', name: entry.path.map((step) => step.name).join('/') }),
    asset: async (entry) => {
      await note(entry);
      assets.set(entry.id, entry.sha256);
    },
  };
  return { sink, names, assets };
}

test('the sink gets what is valid, once, in order, and nothing else', { skip }, async () => {
  const sound = collecting();
  await inspectArchive(fixture('hostile', 'baseline.oar'), { sink: sound.sink });
  assert.deepEqual(
    sound.names.map((name) => name.split(' ')[0]),
    ['control', 'settings', 'parcel', 'terrain', 'object', 'asset', 'asset'],
  );
  for (const [file, lost] of [
    ['asset-empty.oar', 'asset assets/0eb2e543'],
    ['object-nan-position.oar', 'object '],
    ['terrain-wrong-size.oar', 'terrain '],
    ['xml-external-entity.oar', 'settings '],
  ] as const) {
    const taken = collecting();
    await inspectArchive(fixture('hostile', file), { sink: taken.sink });
    assert.deepEqual(
      taken.names,
      sound.names.filter((name) => !name.startsWith(lost)),
      file,
    );
  }
  const twice = collecting();
  await inspectArchive(fixture('hostile', 'asset-duplicate-id.oar'), { sink: twice.sink });
  assert.deepEqual(twice.assets, sound.assets);
});

test('folders come before their content, announced or not', { skip }, async () => {
  const announced = collecting();
  await inspectArchive(fixture('hostile', 'baseline.iar'), { sink: announced.sink });
  const implied = collecting();
  await inspectArchive(fixture('hostile', 'no-folder-entries.iar'), { sink: implied.sink });
  assert.deepEqual(implied.names, announced.names);
  assert.equal(implied.names[1], 'folder Things');
});

test('what the grid has is no loss', { skip }, async () => {
  const asked: number[] = [];
  const report = await inspectArchive(fixture('oar', 'plaza-objects.oar'), {
    knownAssets: async (ids) => {
      asked.push(ids.length);
      return new Set(ids);
    },
  });
  assert.equal(report.references.missing, 0);
  assert.equal(report.assets.knownToGrid, report.assets.usable);
  assert.ok(report.references.satisfiedByGrid >= 3);
  assert.ok(asked.every((count) => count <= 1000));
});

test('a missing asset is traced to the object that holds what wants it', { skip }, async () => {
  const report = await inspectArchive(fixture('oar', 'plaza-objects.oar'));
  assert.equal(report.references.missing, 3);
  for (const { wantedBy } of report.references.missingList) {
    const holders = wantedBy[0]?.holders ?? [];
    assert.match(holders.at(-1) ?? '', /^object SLOODLE Rezzer/);
  }
});

test('streams of unknown length, progress, abort', { skip }, async () => {
  const path = fixture('oar', 'two-regions.oar');
  const seen: (number | undefined)[] = [];
  const report = await inspectArchive(createReadStream(path), {
    onProgress: ({ bytesRead, bytesTotal }) => seen.push(bytesRead, bytesTotal),
  });
  assert.equal(report.verdict, 'accept');
  assert.equal(seen.at(-2), report.bytes.compressed);
  assert.equal(seen.at(-1), undefined);
  const abort = new AbortController();
  await assert.rejects(
    inspectArchive(path, {
      signal: abort.signal,
      sink: { object: async () => abort.abort(new Error('no more')) },
    }),
    /no more/,
  );
  await assert.rejects(
    inspectArchive(path, {
      sink: {
        object: async () => {
          throw new Error('disk full');
        },
      },
    }),
    /disk full/,
  );
  await assert.rejects(inspectArchive(`${path}.absent`), /ENOENT/);
});

test('a flood of findings keeps the report short and the counts exact', async () => {
  const junk = Array.from({ length: 9000 }, (_, index) => ({
    name: `assets/${index}`,
    bytes: Buffer.from('x'),
  }));
  const report = await inspectArchive(writeTar(junk), { findingsPerRule: 5 });
  assert.equal(report.findings.length, 5);
  assert.deepEqual(report.findingCounts, [{ rule: 'A1', severity: 'error', count: 9000 }]);
  assert.equal(report.entriesRefused, 9000);
});

test('mutated archives end in a report', { skip }, async () => {
  const sources = await Promise.all(
    ['baseline.oar', 'baseline.iar', 'region-name-with-path.oar', 'dangling-link.iar'].map(async (file) =>
      gunzipSync(await readFile(fixture('hostile', file))),
    ),
  );
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...sources),
      fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 20 }),
      fc.boolean(),
      async (source, changes, zip) => {
        const damaged = Buffer.from(source);
        // Most of an OAR is terrain: aim at the rest.
        for (const [at, value] of changes) {
          const where = at % 16_384;
          damaged[at % 2 === 0 ? where : damaged.length - 1 - where] = value;
        }
        const bytes = zip ? gzipSync(damaged, { level: 1 }) : damaged;
        const report = await inspectArchive(
          (async function* () {
            yield bytes;
          })(),
        );
        assert.notEqual(report.verdict, undefined);
        JSON.stringify(report);
      },
    ),
    { numRuns: 150 },
  );
});

test('no file stays open', { skip: skip || (process.platform !== 'linux' && 'reads /proc') }, async () => {
  const open = async (): Promise<number> => (await readdir('/proc/self/fd')).length;
  const before = await open();
  for (const file of ['tar-bad-checksum.oar', 'gzip-truncated.oar', 'many-entries.oar', 'gzip-bomb.oar'])
    await inspectArchive(fixture('hostile', file));
  for (let round = 0; round < 100 && (await open()) > before; round++)
    await new Promise((resolve) => setTimeout(resolve, 10));
  assert.ok((await open()) <= before);
});
