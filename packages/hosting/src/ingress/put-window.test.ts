import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { bytesInFlightMax, PutWindow } from './put-window.ts';

test('holds the reader back while too many bytes are under way', { timeout: 10_000 }, async () => {
  const window = new PutWindow();
  let finish: () => void = () => undefined;
  const gate = new Promise<void>((resolve) => (finish = resolve));
  await window.add(bytesInFlightMax / 2, () => gate);
  // The second put ends by itself, and then only half of the room is taken.
  await window.add(bytesInFlightMax / 2, () => Promise.resolve());
  let admitted = false;
  const blocked = window.add(bytesInFlightMax, () => Promise.resolve()).then(() => (admitted = true));
  await pause(5);
  assert.equal(admitted, true, 'a put that ended gave its room back');
  let held = true;
  const third = window.add(bytesInFlightMax, () => gate).then(() => (held = false));
  await pause(5);
  assert.equal(held, true, 'too much is under way');
  finish();
  await Promise.all([blocked, third]);
  await window.drain();
});

test('a failed put ends the load at the next chance and leaves nothing unhandled', async () => {
  const window = new PutWindow();
  await assert.rejects(async () => {
    await window.add(1, () => Promise.reject(new Error('disk full')));
    await pause(1);
    await window.add(1, () => Promise.resolve());
  }, /disk full/);
  await assert.rejects(window.drain(), /disk full/);
  await window.settle();
});
