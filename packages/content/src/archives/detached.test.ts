import assert from 'node:assert/strict';
import test from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { parseUuid, randomUuid } from '@gridkeep/wire/uuid';
import { FindingLog } from './findings.ts';
import { PeopleCount } from './people.ts';
import { holderOf, ReferenceGraph } from './reference-graph.ts';

function collectGarbage(): void {
  setFlagsFromString('--expose-gc');
  const collect: unknown = runInNewContext('gc');
  if (typeof collect === 'function') collect();
}

test('what is kept of an entry does not keep its text', () => {
  const graph = new ReferenceGraph();
  const people = new PeopleCount();
  const log = new FindingLog(1000);
  collectGarbage();
  const before = process.memoryUsage().heapUsed;
  for (let index = 0; index < 100; index++) {
    const text = `${'.'.repeat(1_000_000)}${randomUuid()} a name that is cut out ${index}`;
    const id = parseUuid(text.slice(1_000_000, 1_000_036));
    const name = text.slice(1_000_037);
    graph.want(holderOf('object', id, name, 'objects/x'), {
      id: randomUuid(),
      type: 0,
      certain: true,
      where: name,
    });
    graph.node(id);
    people.add(id, name, name);
    log.report({ rule: 'O1', severity: 'error', message: `quotes ${name}`, entry: name, ids: [id] });
  }
  collectGarbage();
  const grown = process.memoryUsage().heapUsed - before;
  assert.ok(grown < 20_000_000, `${grown} bytes are held for 100 ids out of 100 MB of text`);
  assert.equal(people.report().count + log.kept.length, 200);
  assert.equal([...graph.nodes()].length, 200);
});
