import assert from 'node:assert/strict';
import { test } from 'node:test';
import { missing } from '@gridkeep/testing/requirements';
import { parseUuid } from '@gridkeep/wire/uuid';
import fc from 'fast-check';
import { bitmapArea, bitmapFits, parcelCoverage, wholeRegionBitmap } from './parcel-bitmap.ts';
import type { Parcel } from './parcel.ts';
import { defaultParcel } from './parcel.ts';
import { parseParcel, writeParcel } from './parcel-xml.ts';
import { assertSurvivesDamage } from './test-support/damage.ts';
import { samples } from './test-support/samples.ts';

const parcelName = /(?:^|\/)landdata\//;

test(
  'all real parcels are written again, but for the line feeds that their access lists lack',
  { skip: missing('fixtures') },
  () => {
    let withAccess = 0;
    for (const { archive, name, bytes } of samples(parcelName)) {
      const { parcel, findings } = parseParcel(bytes);
      const written = writeParcel(parcel);
      assert.deepEqual(findings, [], name);
      if (archive !== 'baseline.oar')
        assert.equal(
          Buffer.from(written).toString().replaceAll('Entry>\n', 'Entry>'),
          bytes.toString(),
          name,
        );
      if (parcel.accessList.length > 0) withAccess += 1;
      assert.equal(bitmapArea(parcel.bitmap), parcel.area, name);
      assert.ok(name.includes(parcel.id));
      assert.deepEqual(parseParcel(written).parcel, parcel);
    }
    assert.ok(withAccess > 0);
  },
);

test('the parcels of each real region cover it exactly once', { skip: missing('fixtures') }, () => {
  const byRegion = Map.groupBy(
    samples(parcelName),
    ({ archive, name }) => `${archive} ${name.split('landdata/')[0]}`,
  );
  for (const [region, entries] of byRegion) {
    const bitmaps = entries.map(({ bytes }) => parseParcel(bytes).parcel.bitmap);
    const side = region.startsWith('big-bay') ? 512 : 256;
    assert.deepEqual(
      parcelCoverage(bitmaps, { x: side, y: side }),
      { uncovered: 0, overlapping: 0, misfits: 0 },
      region,
    );
  }
});

test('gaps, overlaps and foreign sizes are counted', () => {
  const size = { x: 256, y: 256 };
  const whole = wholeRegionBitmap(size);
  const corner = new Uint8Array(whole.length);
  corner[0] = 0b0000_0101;
  assert.deepEqual(parcelCoverage([whole, corner, new Uint8Array(4)], size), {
    uncovered: 0,
    overlapping: 2,
    misfits: 1,
  });
  assert.equal(parcelCoverage([corner], size).uncovered, 64 * 64 - 2);
  assert.equal(bitmapArea(corner), 32);
  assert.equal(bitmapFits(whole, { x: 512, y: 512 }), false);
});

const id = parseUuid('5b0d2a3e-0a7b-4a3c-9a54-2f6f0f3c1a01');
const parcel: Parcel = { ...defaultParcel, id, bitmap: new Uint8Array(512).fill(255) };

test('white space follows each entry of the access list, so that older loaders find the next one', () => {
  const accessList = [1, 2].map((flags) => ({ agentId: id, time: 0, flags }));
  const text = Buffer.from(writeParcel({ ...parcel, accessList })).toString();
  assert.match(
    text,
    /<ParcelAccessList><ParcelAccessEntry>.*<\/ParcelAccessEntry>\n<ParcelAccessEntry>.*<\/ParcelAccessEntry>\n<\/ParcelAccessList>/s,
  );
});

function edited(from: string | RegExp, to: string): ReturnType<typeof parseParcel> {
  return parseParcel(Buffer.from(Buffer.from(writeParcel(parcel)).toString().replace(from, to)));
}

test('bad values are findings, a parcel without land is refused', () => {
  const odd = edited('<SalePrice>0', '<SalePrice>dear');
  assert.equal(odd.parcel.salePrice, 0);
  assert.equal(odd.findings[0]?.field, 'SalePrice');
  assert.equal(edited('<PassHours>0', '<PassHours>1,5').parcel.passHours, 1.5);
  assert.throws(() => edited('<Bitmap>', '<Bitmap>!'), {
    name: 'DocumentError',
    rule: 'R2',
    field: 'Bitmap',
  });
  assert.throws(() => edited(/<Bitmap>.*<\/Bitmap>/, ''), { name: 'DocumentError', rule: 'R2' });
  assert.throws(() => edited('&lt;0, 0, 0&gt;', '&lt;NaN, 0, 0&gt;'), {
    name: 'DocumentError',
    rule: 'R2',
    field: 'UserLocation',
  });
  assert.throws(() => parseParcel(Buffer.from('<RegionSettings/>')), { name: 'DocumentError', rule: 'R2' });
});

test('pictures and media are references', () => {
  const { references } = parseParcel(writeParcel({ ...parcel, mediaId: id, snapshotId: id }));
  assert.deepEqual(
    references.map(({ where }) => where),
    ['MediaID', 'SnapshotID'],
  );
});

test('any parcel reads back', () => {
  const float = fc.float({ noNaN: true, noDefaultInfinity: true }).map((value) => (value === 0 ? 0 : value));
  // Text that XML can hold: forbidden characters are left out when writing.
  const text = fc.string({ unit: 'grapheme', maxLength: 40 });
  const any = fc.record({
    name: text,
    description: text,
    mediaUrl: fc.webUrl(),
    area: fc.integer(),
    category: fc.integer({ min: -1, max: 13 }),
    flags: fc.nat(0xffff_ffff),
    isGroupOwned: fc.boolean(),
    seeAvatars: fc.boolean(),
    bitmap: fc.uint8Array({ minLength: 1, maxLength: 512 }).map((bytes) => new Uint8Array(bytes)),
    passHours: float,
    landingPoint: fc.record({ x: float, y: float, z: float }, { noNullPrototype: true }),
    accessList: fc.array(
      fc.record(
        { agentId: fc.uuid().map(parseUuid), time: fc.nat(), flags: fc.nat(3) },
        { noNullPrototype: true },
      ),
      { maxLength: 4 },
    ),
    media: fc.option(
      fc.record(
        {
          type: text,
          description: text,
          height: fc.nat(),
          width: fc.nat(),
          loop: fc.boolean(),
          obscureMoap: fc.boolean(),
        },
        { noNullPrototype: true },
      ),
      { nil: undefined },
    ),
  });
  fc.assert(
    fc.property(any, (part) => {
      const whole = { ...parcel, ...part };
      const read = parseParcel(writeParcel(whole)).parcel;
      assert.deepEqual({ ...read, bitmap: [...read.bitmap] }, { ...whole, bitmap: [...whole.bitmap] });
    }),
    { numRuns: 200 },
  );
});

test('damaged parcels throw nothing but a DocumentError', () => {
  assertSurvivesDamage([writeParcel(parcel)], parseParcel, 500);
});
