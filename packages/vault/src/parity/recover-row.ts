/** Recomputes the missing blocks of one row. */
import { addProduct, coefficient, invert } from './galois.ts';

/**
 * `data` and `parity` are the blocks of the row by column, undefined where they are not known; all of one length. Gives the
 * missing data blocks by column, or undefined when more are missing than there are parity blocks.
 */
export function recoverRow(
  data: readonly (Uint8Array | undefined)[],
  parity: readonly (Uint8Array | undefined)[],
): Map<number, Buffer> | undefined {
  const lost = [...data.keys()].filter((column) => data[column] === undefined);
  const rows: { readonly number: number; readonly sum: Buffer }[] = [];
  for (const [number, block] of parity.entries()) {
    if (block !== undefined && rows.length < lost.length) rows.push({ number, sum: Buffer.from(block) });
  }
  if (rows.length < lost.length) return undefined;
  for (const { number, sum } of rows) {
    for (const [column, block] of data.entries()) {
      if (block !== undefined) addProduct(sum, block, coefficient(number, column));
    }
  }
  const inverse = invert(rows.map(({ number }) => lost.map((column) => coefficient(number, column))));
  const found = new Map<number, Buffer>();
  for (const [at, column] of lost.entries()) {
    const block = Buffer.alloc(rows[0]?.sum.length ?? 0);
    for (const [place, { sum }] of rows.entries()) addProduct(block, sum, inverse[at]?.[place] ?? 0);
    found.set(column, block);
  }
  return found;
}
