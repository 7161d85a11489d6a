import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { escapeConsoleName, parseConsolePath } from './console-path.ts';

test('a path falls into names', () => {
  const cases: [string, string[], boolean][] = [
    ['/', [], false],
    ['', [], false],
    ['*', [], true],
    ['/*', [], true],
    ['Objects/Box', ['Objects', 'Box'], false],
    ['/Objects//Box/', ['Objects', 'Box'], false],
    ['Objects/*', ['Objects'], true],
    ['Objects*', ['Objects*'], false],
    ['a\\/b/c\\\\d', ['a/b', 'c\\d'], false],
    ['a\\b', ['a\\b'], false],
  ];
  for (const [path, names, contentsOnly] of cases)
    assert.deepEqual(parseConsolePath(path), { names, contentsOnly }, path);
});

test('escaped names come back', () => {
  const name = fc.string({ minLength: 1 }).filter((text) => text !== '*');
  fc.assert(
    fc.property(fc.array(name, { maxLength: 20 }), (names) => {
      const path = names.map(escapeConsoleName).join('/');
      assert.deepEqual(parseConsolePath(path), { names, contentsOnly: false });
    }),
  );
});

test('a path without end is refused', () => {
  assert.throws(() => parseConsolePath('a/'.repeat(201)), RangeError);
});
