import assert from 'node:assert/strict';
import { crc32 } from 'node:zlib';
import { forEachDatabase } from '@gridkeep/testing/databases';
import { recordedTexts } from '@gridkeep/testing/recordings';
import { missing } from '@gridkeep/testing/requirements';
import { randomUuid, zeroUuid } from '@gridkeep/wire/uuid';
import type { RobustHandler } from '../robust-http.ts';
import { answersGarbage, strictLog } from '../test-support/garbage-forms.ts';
import { bodyText, robustRequest } from '../test-support/robust-request.ts';
import { testGrid } from '../test-support/test-grid.ts';
import type { TestGrid } from '../test-support/test-grid.ts';
import { mutesRobust } from './mutes-robust.ts';

const success = '<?xml version="1.0"?>\n<ServerResponse>\n  <result>Success</result>\n</ServerResponse>';
const failure = success.replace('Success', 'Failure');

function handlerOf(grid: TestGrid): RobustHandler {
  const handler = mutesRobust(grid.mutes, strictLog).get('mutelist');
  assert.ok(handler);
  return handler;
}

async function ask(handler: RobustHandler, body: string): Promise<string> {
  const reply = await handler(robustRequest('POST', '/mutelist', body));
  assert.equal(reply.status, 200);
  return bodyText(reply);
}

forEachDatabase('a recorded mute list is kept and told alike', async (context, database) => {
  const lack = missing('fixtures');
  if (lack !== false) return context.skip(lack);
  const handler = handlerOf(await testGrid(database));
  for (const { sent, received } of recordedTexts('10-mutelist', '/mutelist'))
    assert.equal(await ask(handler, sent), received, sent);
});

forEachDatabase('a viewer with the right list is told to use it', async (_test, database) => {
  const handler = handlerOf(await testGrid(database));
  const [agent, muted] = [randomUuid(), randomUuid()];
  const list = async (crc: number | string) => {
    const reply = await ask(handler, `METHOD=get&agentid=${agent}&mutecrc=${crc}`);
    const text = /<result>(.*)<\/result>/.exec(reply)?.[1];
    assert.ok(text !== undefined, reply);
    return Buffer.from(text, 'base64');
  };
  assert.equal((await list(0)).length, 0);
  assert.equal((await list(1234)).length, 0);
  const update = `METHOD=update&agentid=${agent}&muteid=${muted}&mutename=No%c3%abl%0aX&mutetype=2`;
  assert.equal(await ask(handler, update), success);
  const file = `2 ${muted} Noël X|0\n`;
  assert.equal((await list(0)).toString(), file);
  assert.equal((await list(crc32(file) - 1)).toString(), file);
  assert.deepEqual([...(await list(crc32(file)))], [1]);
  assert.equal(await ask(handler, `${update}&muteflags=15`), success);
  assert.equal((await list(crc32(file))).toString(), `2 ${muted} Noël X|15\n`);
  assert.equal(await ask(handler, `METHOD=delete&agentid=${agent}&muteid=${muted}`), failure);
  assert.equal(await ask(handler, `METHOD=delete&agentid=${muted}&muteid=${agent}&mutename=x`), failure);
  assert.equal(
    await ask(handler, `METHOD=delete&agentid=${agent}&muteid=${muted}&mutename=No%c3%abl%0aX`),
    success,
  );
  assert.equal((await list(0)).length, 0);
  for (const bad of [
    'METHOD=get&agentid=nonsense&mutecrc=0',
    `METHOD=update&agentid=${zeroUuid}&muteid=${muted}`,
    `METHOD=update&agentid=${agent}`,
    `METHOD=update&agentid=${agent}&muteid=${muted}&mutetype=agent`,
    `METHOD=update&agentid=${agent}&muteid=${muted}&mutetype=99999999999`,
  ])
    assert.equal(await ask(handler, bad), failure, bad);
});

forEachDatabase('nobody mutes without end', async (_test, database) => {
  const grid = await testGrid(database);
  const handler = handlerOf(grid);
  const agent = randomUuid();
  const mute = { name: 'x', type: 1, flags: 0, stamp: 0 };
  for (let made = 0; made < 2000; made += 500)
    await Promise.all(
      Array.from({ length: 500 }, () => grid.mutes.set(agent, { ...mute, id: randomUuid() })),
    );
  assert.equal(await ask(handler, `METHOD=update&agentid=${agent}&muteid=${randomUuid()}`), failure);
  assert.equal(await ask(handler, `METHOD=update&agentid=${randomUuid()}&muteid=${agent}`), success);
});

forEachDatabase('mute lists answer whatever is sent', async (_test, database) => {
  const handler = handlerOf(await testGrid(database));
  await answersGarbage({
    ...{ path: '/mutelist', handler, methods: ['get', 'update', 'delete'] },
    fields: ['agentid', 'muteid', 'mutename', 'mutetype', 'muteflags', 'mutestamp', 'mutecrc'],
  });
});
