/** Damages sound documents at random: parsers must end, and refuse with a DocumentError or read. */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { DocumentError } from '../document-error.ts';

/** What breaks parsers: markup, numbers at the edge, text that some number readers take. */
const splices = [
  '<',
  '>',
  '</X>',
  '<X/>',
  '&',
  '&#0;',
  '-1',
  '1e999',
  'NaN',
  '∞',
  '99999999999',
  ',',
  '\0',
  '',
];

export function assertSurvivesDamage(
  documents: readonly Uint8Array[],
  parse: (bytes: Uint8Array) => void,
  numRuns: number,
): void {
  const damage = fc.record({
    document: fc.nat(documents.length - 1),
    at: fc.double({ min: 0, max: 1, noNaN: true }),
    removed: fc.nat(60),
    spliced: fc.oneof(fc.constantFrom(...splices), fc.string({ maxLength: 8 })),
  });
  fc.assert(
    fc.property(damage, ({ document, at, removed, spliced }) => {
      const bytes = documents[document] ?? new Uint8Array(0);
      const from = Math.floor(at * bytes.length);
      const damaged = Buffer.concat([
        bytes.subarray(0, from),
        Buffer.from(spliced),
        bytes.subarray(from + removed),
      ]);
      try {
        parse(damaged);
      } catch (error) {
        assert.ok(error instanceof DocumentError, String(error));
      }
    }),
    { numRuns },
  );
}
