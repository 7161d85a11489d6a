import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseUuid, zeroUuid } from '@gridkeep/wire/uuid';
import { fixture, missing } from '@gridkeep/testing/requirements';
import fc from 'fast-check';
import type { PlacedRegion } from './control-file.ts';
import {
  parseControlFile,
  regionDirectory,
  writeInventoryControl,
  writeMultiRegionControl,
  writeRegionControl,
} from './control-file.ts';
import { DocumentError } from './document-error.ts';
import { sampleEntry } from './test-support/archive-entries.ts';
import { samples } from './test-support/samples.ts';

const controlName = /^archive\.xml$/;

test('every real control file is written again byte for byte', { skip: missing('fixtures') }, () => {
  for (const { archive, bytes } of samples(controlName)) {
    const control = parseControlFile(bytes);
    const assetsIncluded = control.assetsIncluded ?? true;
    const facts = { savedAt: control.savedAt ?? 0, assetsIncluded };
    const regions = control.regions.map(({ id, ...rest }) => ({ ...rest, id: id ?? zeroUuid }));
    const written = control.isMultiRegion
      ? writeMultiRegionControl(regions, facts)
      : archive.endsWith('.iar')
        ? writeInventoryControl({ assetsIncluded, withHome: control.majorVersion === 1 })
        : writeRegionControl(regions[0] ?? assert.fail('no region'), facts);
    assert.equal(Buffer.from(written).toString(), bytes.toString(), archive);
  }
});

test('regions stand where the rows and holes put them', { skip: missing('fixtures') }, () => {
  const control = parseControlFile(sampleEntry(fixture('oar', 'two-regions.oar'), controlName));
  assert.deepEqual(
    control.regions.map(({ directory, column, row }) => ({ directory, column, row })),
    [
      { directory: '2_1_Plaza_East', column: 1, row: 0 },
      { directory: '1_2_Plaza_North', column: 0, row: 1 },
    ],
  );
  assert.deepEqual([control.columns, control.rows, control.majorVersion], [2, 2, 1]);
});

test('hostile control files get their verdict', { skip: missing('fixtures') }, () => {
  const parse = (archive: string): unknown =>
    parseControlFile(sampleEntry(fixture('hostile', archive), controlName));
  assert.throws(() => parse('control-version-9.9.oar'), {
    name: 'DocumentError',
    rule: 'C2',
    field: '@major_version',
  });
  assert.throws(() => parse('control-no-version.oar'), {
    name: 'DocumentError',
    rule: 'C2',
    field: '@major_version',
  });
  assert.doesNotThrow(() => parse('control-last.oar'));
  const climbing = parseControlFile(
    sampleEntry(fixture('hostile', 'region-name-with-path.oar'), controlName),
  );
  assert.match(climbing.regions[0]?.directory ?? '', /\.\./);
});

function control(
  inside: string,
  version = 'major_version="0" minor_version="8"',
): ReturnType<typeof parseControlFile> {
  return parseControlFile(Buffer.from(`<archive ${version}>${inside}</archive>`));
}

test('old and odd control files are read', () => {
  assert.deepEqual(control('').regions, [
    { id: undefined, directory: '', size: { x: 256, y: 256 }, column: 0, row: 0 },
  ]);
  const mega = control(
    '<region_info><is_megaregion>True</is_megaregion><size_in_meters>512,768</size_in_meters></region_info>',
  );
  assert.equal(mega.isMegaregion, true);
  assert.deepEqual(mega.regions[0]?.size, { x: 512, y: 768 });
  // Major version 1 alone does not make several regions (saves of 2010).
  assert.equal(control('', 'major_version="1" minor_version="0"').isMultiRegion, false);
  assert.equal(control('<regions />').isMultiRegion, false);
});

test('control files that no reader may trust are refused', () => {
  const refused = (inside: string): void => {
    assert.throws(() => control(inside), { name: 'DocumentError', rule: 'C2' });
  };
  refused('<region_info><size_in_meters>100,100</size_in_meters></region_info>');
  refused('<region_info><size_in_meters>999936,256</size_in_meters></region_info>');
  refused('<regions><row><region><dir>1_1_A</dir></region></row></regions>');
  const region = '<region><id>5b0d2a3e-0a7b-4a3c-9a54-2f6f0f3c1a01</id><dir>same</dir></region>';
  refused(`<regions><row>${region}${region}</row></regions>`);
  refused(`<regions><row>${'<region />'.repeat(10_001)}</row></regions>`);
  assert.throws(() => parseControlFile(Buffer.from('<!DOCTYPE archive []><archive/>')), { rule: 'C4' });
});

test('directories of regions are plain ASCII and lead nowhere', () => {
  assert.equal(regionDirectory(1, 0, 'Old Town'), '2_1_Old_Town');
  assert.equal(regionDirectory(0, 0, '../../x'), '1_1_______x');
  assert.equal(regionDirectory(0, 0, 'Zürich'), '1_1_Z_rich');
});

test('what is written for several regions reads back', () => {
  const region = fc.record({
    id: fc.uuid().map(parseUuid),
    column: fc.nat(6),
    row: fc.nat(6),
    name: fc.string({ maxLength: 20 }),
    side: fc.constantFrom(256, 512, 1024),
  });
  fc.assert(
    fc.property(
      fc.uniqueArray(region, {
        minLength: 1,
        maxLength: 6,
        selector: ({ column, row }) => `${column} ${row}`,
      }),
      fc.boolean(),
      (placed, assetsIncluded) => {
        const regions = placed.map(({ id, column, row, name, side }): PlacedRegion => ({
          id,
          column,
          row,
          directory: regionDirectory(column, row, name),
          size: { x: side, y: side },
        }));
        const read = parseControlFile(
          writeMultiRegionControl(regions, { savedAt: 1760000000, assetsIncluded }),
        );
        const order = (a: PlacedRegion, b: PlacedRegion): number => a.row - b.row || a.column - b.column;
        assert.deepEqual(read.regions, regions.toSorted(order));
        assert.equal(read.assetsIncluded, assetsIncluded);
      },
    ),
    { numRuns: 100 },
  );
});

test('damaged control files throw nothing but a DocumentError', () => {
  const sound = writeRegionControl(
    { id: parseUuid('5b0d2a3e-0a7b-4a3c-9a54-2f6f0f3c1a01'), size: { x: 256, y: 256 } },
    { savedAt: 1, assetsIncluded: true },
  );
  fc.assert(
    fc.property(fc.nat(sound.length - 1), fc.uint8Array({ maxLength: 4 }), (at, bytes) => {
      const damaged = Buffer.concat([sound.subarray(0, at), bytes, sound.subarray(at + bytes.length)]);
      try {
        parseControlFile(damaged);
      } catch (error) {
        assert.ok(error instanceof DocumentError);
      }
    }),
    { numRuns: 300 },
  );
});
