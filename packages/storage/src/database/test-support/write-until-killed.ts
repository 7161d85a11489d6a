/** A program that writes rows one after the other and says each number when its write has resolved. Ends by kill only. */
import { insertMany } from '../insert-many.ts';
import { openDatabase } from '../open-database.ts';
import { parseLocation } from './location.ts';

interface Tables {
  written: { number: number; part: number };
}

const database = await openDatabase(parseLocation(process.argv[2] ?? ''));
const tables = database.tables<Tables>();
for (let number = 0; ; number += 3) {
  await Promise.all(
    [number, number + 1].map((each) =>
      tables.insertInto('written').values({ number: each, part: 0 }).execute(),
    ),
  );
  // Ten rows or none.
  await database.transaction(async (queries) => {
    const rows = Array.from({ length: 10 }, (_, part) => ({ number: number + 2, part }));
    await insertMany(queries.tables<Tables>(), 'written', rows.slice(0, 5));
    await insertMany(queries.tables<Tables>(), 'written', rows.slice(5));
  });
  process.stdout.write(`${number + 2}\n`);
}
