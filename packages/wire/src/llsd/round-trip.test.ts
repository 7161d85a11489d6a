import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { uuidFromBytes } from '../uuid.ts';
import { readLlsdBinary } from './binary-reader.ts';
import { writeLlsdBinary } from './binary-writer.ts';
import { detectLlsdForm, readLlsd } from './detect.ts';
import { readLlsdNotation } from './notation-reader.ts';
import { writeLlsdNotation } from './notation-writer.ts';
import type { LlsdValue } from './value.ts';
import { LlsdDate, LlsdError, LlsdReal, LlsdUri, LlsdUuid } from './value.ts';
import { readLlsdXml } from './xml-reader.ts';
import { writeLlsdXml } from './xml-writer.ts';
import { readZippedLlsd, writeZippedLlsd } from './zipped.ts';

/** Text that every form holds: XML has no place for most control characters. */
const text = fc
  .string({ unit: 'binary', maxLength: 12 })
  .map((any) => any.replace(/[\0-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]|\p{Cs}/gu, ''));
const scalar: fc.Arbitrary<LlsdValue> = fc.oneof(
  fc.constant(undefined),
  fc.boolean(),
  fc.integer(),
  fc.constantFrom(0, 2147483647, -2147483648),
  fc.double({ noDefaultInfinity: true, noNaN: true }).map((value) => new LlsdReal(value)),
  text,
  fc.uint8Array({ minLength: 16, maxLength: 16 }).map((bytes) => new LlsdUuid(uuidFromBytes(bytes))),
  fc
    .integer({ min: -62135596800000, max: 253402300799999 })
    .map((milliseconds) => new LlsdDate(milliseconds / 1000)),
  text.map((any) => new LlsdUri(any.trim())),
  fc.uint8Array({ maxLength: 20 }),
);
const value = fc.letrec<{ value: LlsdValue }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 5, withCrossShrink: true },
    scalar,
    fc.array(tie('value'), { maxLength: 4 }),
    fc.array(fc.tuple(text, tie('value')), { maxLength: 4 }).map((members) => new Map(members)),
  ),
})).value;

/** Every way there and back. */
const forms: readonly (readonly [string, (value: LlsdValue) => LlsdValue])[] = [
  ['XML', (any) => readLlsdXml(writeLlsdXml(any))],
  ['binary', (any) => readLlsdBinary(writeLlsdBinary(any))],
  ['binary with header', (any) => readLlsd(writeLlsdBinary(any, { header: true }))],
  ['notation', (any) => readLlsdNotation(writeLlsdNotation(any))],
  ['zipped binary', (any) => readZippedLlsd(writeZippedLlsd(any))],
  ['XML, detected', (any) => readLlsd(Buffer.from(writeLlsdXml(any)))],
  ['notation, detected', (any) => readLlsd(Buffer.from(writeLlsdNotation(any)))],
];

for (const [name, thereAndBack] of forms) {
  test(`any value survives ${name}`, () => {
    fc.assert(fc.property(value, (any) => assert.deepEqual(thereAndBack(any), any)));
  });

  test(`each kind of value survives ${name}`, () => {
    const everything = new Map<string, LlsdValue>([
      ['undefined', undefined],
      ['booleans', [true, false]],
      ['integers', [0, 1, -1, 2147483647, -2147483648]],
      ['reals', [1, 0, -0, 0.1, 1e300, 5e-324, -123.456].map((any) => new LlsdReal(any))],
      ['strings', ['', ' x ', 'a\nb\tc', 'Café & <Bar>', 'it\'s "so" \\ so', '\u{1F600}', ']]>', '%41']],
      [
        'ids',
        [
          new LlsdUuid(uuidFromBytes(new Uint8Array(16))),
          new LlsdUuid(uuidFromBytes(new Uint8Array(16).fill(7))),
        ],
      ],
      ['dates', [0, 1767323045, 1767323045.25, -1.5].map((any) => new LlsdDate(any))],
      ['addresses', [new LlsdUri(''), new LlsdUri('http://example.org/?a=1&b="2"')]],
      ['binary', [new Uint8Array(0), Uint8Array.of(0, 255, 10, 34, 39, 92)]],
      ['empty', [[], new Map()]],
      ['keys with \' " \\ & < > ü', new Map([['', 1]])],
      ['long', Array.from({ length: 10_000 }, (_, index) => index)],
    ]);
    assert.deepEqual(thereAndBack(everything), everything);
  });

  test(`depth 96 survives ${name} and depth 97 is refused`, () => {
    const nested = (depth: number): LlsdValue => {
      let any: LlsdValue = 1;
      for (let level = 1; level < depth; level++) any = level % 2 === 0 ? [any] : new Map([['k', any]]);
      return any;
    };
    assert.deepEqual(thereAndBack(nested(96)), nested(96));
    assert.throws(() => thereAndBack(nested(97)), LlsdError);
  });
}

test('what no form can hold is refused when writing', () => {
  const circle: LlsdValue[] = [];
  circle.push(circle);
  for (const write of [writeLlsdXml, writeLlsdBinary, writeLlsdNotation]) {
    for (const number of [1.5, 2147483648, -2147483649, NaN, Infinity])
      assert.throws(() => write(number), /wrap other numbers in LlsdReal/);
    assert.throws(() => write(circle), /nested deeper/);
  }
  for (const write of [writeLlsdXml, writeLlsdNotation]) {
    assert.throws(() => write(new LlsdReal(Infinity)), /infinite/);
    assert.throws(() => write(new LlsdDate(1e15)), /cannot be written/);
    assert.throws(() => write(new LlsdDate(NaN)), /cannot be written/);
  }
});

test('NaN is legal where there is a form for it', () => {
  assert.deepEqual(readLlsdXml(writeLlsdXml(new LlsdReal(NaN))), new LlsdReal(NaN));
  assert.deepEqual(readLlsdBinary(writeLlsdBinary(new LlsdReal(NaN))), new LlsdReal(NaN));
  assert.throws(() => writeLlsdNotation(new LlsdReal(NaN)), LlsdError);
});

const sample = new Map<string, LlsdValue>([
  ['a', [1, new LlsdReal(1), 'x\\"y', Uint8Array.of(1, 2, 3), new LlsdUri('u')]],
  ['b', new Map([['id', new LlsdUuid(uuidFromBytes(new Uint8Array(16).fill(9)))]])],
  ['d', new LlsdDate(5)],
]);

test('input cut at any byte is refused with LlsdError', () => {
  const inputs = [
    writeLlsdBinary(sample),
    Buffer.from(writeLlsdXml(sample)),
    Buffer.from(writeLlsdNotation(sample)),
  ];
  for (const bytes of inputs) {
    const read = detectLlsdForm(bytes) === 'binary' ? readLlsdBinary : readLlsd;
    assert.deepEqual(read(bytes), sample);
    for (let length = 0; length < bytes.length; length++)
      assert.throws(() => read(bytes.subarray(0, length)), LlsdError, `cut at ${length}`);
  }
});

test('any bytes either are read or are refused with LlsdError', () => {
  const valid = [
    writeLlsdBinary(sample),
    Buffer.from(writeLlsdXml(sample)),
    Buffer.from(writeLlsdNotation(sample)),
  ];
  const damaged = fc
    .tuple(
      fc.constantFrom(...valid),
      fc.array(fc.tuple(fc.nat({ max: 300 }), fc.nat({ max: 255 })), { maxLength: 3 }),
    )
    .map(([bytes, changes]) => {
      const copy = Uint8Array.from(bytes);
      for (const [at, byte] of changes) copy[at % copy.length] = byte;
      return copy;
    });
  fc.assert(
    fc.property(fc.oneof(fc.uint8Array({ maxLength: 60 }), damaged), (bytes) => {
      for (const read of [readLlsdBinary, readLlsdNotation, readLlsd, readZippedLlsd]) {
        try {
          read(bytes);
        } catch (error) {
          assert.ok(error instanceof LlsdError, String(error));
        }
      }
    }),
    { numRuns: 1000 },
  );
});

test('the number of values and the length are bounded', () => {
  const array = [1, 2, 3];
  const inputs = [
    writeLlsdBinary(array, { header: true }),
    Buffer.from(writeLlsdXml(array)),
    Buffer.from(writeLlsdNotation(array)),
  ];
  for (const bytes of inputs) {
    assert.deepEqual(readLlsd(bytes, { valuesMax: 4 }), array);
    assert.throws(() => readLlsd(bytes, { valuesMax: 3 }), LlsdError);
    assert.deepEqual(readLlsd(bytes, { lengthMax: bytes.length }), array);
    assert.throws(() => readLlsd(bytes, { lengthMax: bytes.length - 1 }), LlsdError);
    assert.throws(() => readLlsd(bytes, { depthMax: 1 }), LlsdError);
  }
});
