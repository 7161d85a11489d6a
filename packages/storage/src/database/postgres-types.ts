/** How PostgreSQL's values arrive: integers as numbers or not at all, never rounded. */
import pg from 'pg';

const oid = { int8: 20, numeric: 1700 } as const;

function exactInteger(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value)) throw new RangeError(`the integer ${text} is beyond 2^53`);
  return value;
}

/** sum() of integers is numeric; avg() is too, with a fraction. */
function numeric(text: string): number {
  return /^-?\d+$/.test(text) ? exactInteger(text) : Number(text);
}

export const postgresTypes: pg.CustomTypesConfig = {
  getTypeParser(id: number, format?: 'text' | 'binary') {
    if (format !== 'binary') {
      if (id === oid.int8) return exactInteger;
      if (id === oid.numeric) return numeric;
    }
    return pg.types.getTypeParser(id, format);
  },
};
