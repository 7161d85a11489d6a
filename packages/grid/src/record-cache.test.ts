import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { RecordCache } from './record-cache.ts';

class Announcements {
  hearsOthers = true;
  readonly #listeners = new Set<(topic: string | undefined) => void>();

  onChange(listener: (topic: string | undefined) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  tell(topic: string | undefined): void {
    for (const listener of this.#listeners) listener(topic);
  }
}

function counting<T>(value: T): { read: () => Promise<T>; reads: () => number } {
  let reads = 0;
  return {
    read: () => {
      reads += 1;
      return Promise.resolve(value);
    },
    reads: () => reads,
  };
}

test('a record is read once for all who ask, and then comes without a promise', async () => {
  const database = new Announcements();
  const cache = new RecordCache<string>({ database, topic: 'thing' });
  const { read, reads } = counting('one');
  assert.equal(cache.get('a'), undefined);
  const asked = [cache.load('a', read), cache.load('a', read)].map((load) => Promise.resolve(load));
  assert.deepEqual(await Promise.all(asked), ['one', 'one']);
  assert.equal(reads(), 1);
  assert.equal(cache.load('a', read), 'one');
  assert.equal(cache.get('a'), 'one');
});

test('only what was announced is forgotten, or everything', async () => {
  const database = new Announcements();
  const cache = new RecordCache<string>({ database, topic: 'thing' });
  const { read } = counting('one');
  for (const key of ['a', 'b', 'c:d']) await cache.load(key, read);
  for (const other of ['thing', 'thing:', 'thing:x', 'things:a', 'a']) database.tell(other);
  assert.deepEqual([cache.get('a'), cache.get('b'), cache.get('c:d')], ['one', 'one', 'one']);
  database.tell('thing:a');
  database.tell('thing:c:d');
  assert.deepEqual([cache.get('a'), cache.get('b'), cache.get('c:d')], [undefined, 'one', undefined]);
  database.tell(undefined);
  assert.equal(cache.get('b'), undefined);
  await cache.load('b', read);
  cache.close();
  assert.equal(cache.get('b'), undefined);
});

test('nothing is kept of what is absent, of failures, and while announcements do not arrive', async () => {
  const database = new Announcements();
  const cache = new RecordCache<string | null>({ database, topic: 'thing' });
  assert.equal(await cache.load('a', () => Promise.resolve(undefined)), undefined);
  const failure = new Error('no');
  const failing = [1, 2].map(() => cache.load('a', () => Promise.reject(failure)));
  for (const load of failing) await assert.rejects(Promise.resolve(load), failure);
  assert.equal(await cache.load('a', () => Promise.resolve(null)), null);
  assert.equal(
    cache.load('a', () => Promise.reject(failure)),
    null,
    'a known absence is a value',
  );
  database.hearsOthers = false;
  assert.equal(await cache.load('b', () => Promise.resolve('one')), 'one');
  assert.equal(cache.get('b'), undefined);
});

test('records live a minute, and the least used leave first', async () => {
  const database = new Announcements();
  let now = 1_000;
  const cache = new RecordCache<string>({ database, topic: 'thing', entriesMax: 2, now: () => now });
  const { read, reads } = counting('one');
  await cache.load('a', read);
  now += 59_000;
  assert.equal(cache.load('a', read), 'one');
  now += 2_000;
  assert.equal(cache.get('a'), undefined);
  assert.equal(await cache.load('a', read), 'one');
  assert.equal(reads(), 2);
  await cache.load('b', read);
  cache.get('a');
  await cache.load('c', read);
  assert.deepEqual([cache.get('a'), cache.get('b'), cache.get('c')], ['one', undefined, 'one']);
});

test('nobody ever sees a value from before a change that was announced', async () => {
  const key = fc.constantFrom('a', 'b');
  const step = fc.oneof(
    fc.record({ do: fc.constant('write' as const), key, lost: fc.boolean() }),
    fc.record({ do: fc.constant('load' as const), key, turns: fc.nat(4), late: fc.boolean() }),
    fc.record({ do: fc.constant('turn' as const) }),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
      const database = new Announcements();
      const cache = new RecordCache<number>({ database, topic: 'thing' });
      const stored = new Map([
        ['a', 0],
        ['b', 0],
      ]);
      const version = (of: string) => stored.get(of) ?? 0;
      const loads: Promise<void>[] = [];
      for (const action of steps)
        if (action.do === 'turn') await Promise.resolve();
        else if (action.do === 'write') {
          stored.set(action.key, version(action.key) + 1);
          database.tell(action.lost ? undefined : `thing:${action.key}`);
          assert.equal(cache.get(action.key), undefined);
        } else {
          const { key: asked, turns, late } = action;
          const atStart = version(asked);
          const read = async () => {
            const early = version(asked);
            for (let turn = 0; turn < turns; turn += 1) await Promise.resolve();
            return late ? version(asked) : early;
          };
          const load = cache.load(asked, read);
          if (typeof load === 'number') assert.equal(load, version(asked));
          else loads.push(load.then((value) => assert.ok(value !== undefined && value >= atStart)));
        }
      await Promise.all(loads);
      for (const asked of ['a', 'b']) {
        const kept = cache.get(asked);
        assert.ok(kept === undefined || kept === version(asked));
      }
    }),
    { numRuns: 1_000 },
  );
});
