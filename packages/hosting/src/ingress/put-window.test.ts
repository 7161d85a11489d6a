import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { PutWindow } from './put-window.ts';

test('holds the reader back while too many bytes are under way', async () => {
  const window = new PutWindow();
  let finish: () => void = () => undefined;
  const gate = new Promise<void>((resolve) => (finish = resolve));
  await window.add(2_000_000, () => gate);
  let admitted = false;
  const second = window.add(2_000_000, () => Promise.resolve()).then(() => (admitted = true));
  await pause(5);
  // The second put itself ended, the first still holds 2 MB, which is within bounds.
  await second;
  assert.equal(admitted, true);
  let third = false;
  const blocked = window.add(2_000_000, () => gate).then(() => (third = true));
  await pause(5);
  assert.equal(third, false);
  finish();
  await blocked;
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
