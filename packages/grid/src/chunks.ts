/** Rows in one statement: 13 columns of 500 rows stay below the 32,766 parameters that SQLite allows. */
export const rowsPerStatement = 100;

/** Gathers a stream into arrays of at most `size`, so that many rows share one statement and memory stays flat. */
export async function* chunked<T>(
  source: AsyncIterable<T> | Iterable<T>,
  size = rowsPerStatement,
): AsyncGenerator<readonly T[]> {
  let chunk: T[] = [];
  for await (const entry of source) {
    chunk.push(entry);
    if (chunk.length >= size) {
      yield chunk;
      chunk = [];
    }
  }
  if (chunk.length > 0) yield chunk;
}
