/** What may be handed to a statement. Both databases take the same values, so that a query right on one is right on the other. */

export type SqlValue = null | number | bigint | string | Uint8Array;

function refused(index: number, rule: string): TypeError {
  return new TypeError(`parameter ${index + 1} ${rule}`);
}

/**
 * The parameters of a statement, each checked. A TypeError names the first bad one by its place: booleans and dates
 * have no column type here, NaN would become NULL in SQLite, and PostgreSQL has no NUL character in text.
 */
export function sqlValues(parameters: readonly unknown[]): SqlValue[] {
  const values: SqlValue[] = new Array<SqlValue>(parameters.length);
  for (let index = 0; index < parameters.length; index += 1) {
    const value = parameters[index];
    if (value === null || typeof value === 'bigint') values[index] = value;
    else if (typeof value === 'string') {
      if (value.includes('\0')) throw refused(index, 'is text with a NUL character');
      values[index] = value;
    } else if (typeof value === 'number') {
      if (Number.isNaN(value)) throw refused(index, 'is NaN');
      values[index] = value;
    } else if (value instanceof Uint8Array) values[index] = value;
    else throw refused(index, `is of type ${typeof value}, which no column takes`);
  }
  return values;
}
