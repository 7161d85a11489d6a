/**
 * Puts, sweeps and compacts until it is killed. Arguments: folder, seed, and a shelf folder for policy 'remote'.
 * Prints one line per acknowledged put, `<number> <length>`, and `open` when the store is ready.
 */
import { writeSync } from 'node:fs';
import { setImmediate as turn } from 'node:timers/promises';
import type { BlobId } from '../blob-store.ts';
import { nodeDisk } from '../disk.ts';
import { openFolderShelf } from '../folder-shelf.ts';
import { openPackStore } from '../pack-store.ts';
import { openShelfPackStore } from '../s3-pack-store.ts';
import { idOf, inChunks } from './contents.ts';
import { contentOf, isLive } from './kill-contents.ts';

const [folder = '', seedText = '0', shelfFolder] = process.argv.slice(2);
const seed = Number(seedText);
const sizes = { packBytesMax: 60_000, streamBufferBytesMax: 8_000, gatherMs: 1 };
const store =
  shelfFolder === undefined
    ? await openPackStore({ folder, ...sizes })
    : await openShelfPackStore(await openFolderShelf(shelfFolder, nodeDisk), {
        folder,
        policy: 'remote',
        localBytesMax: 50_000,
        ...sizes,
      });
writeSync(1, 'open\n');

let last = seed * 100_000;
const liveIds: BlobId[] = [];

async function putOne(): Promise<void> {
  const number = (last += 1);
  const content = contentOf(number);
  const isStreamed = number % 10 === 0;
  const { id } = await (isStreamed ? store.putStream(inChunks(content, 3000)) : store.put(content));
  // Live only from now on is too late: the sweep's own start protects what is put while it runs.
  if (isLive(number)) liveIds.push(id);
  writeSync(1, `${number} ${content.length}\n`);
}

async function keepPutting(): Promise<never> {
  for (;;) {
    await putOne();
    await turn();
  }
}

/** Everything live of earlier runs too: the store itself tells what is here, the rule which of it is live. */
async function* liveOfAllRuns(): AsyncGenerator<BlobId> {
  yield* liveIds;
  const dead = new Set<BlobId>();
  for (let number = seed * 100_000 + 1; number <= last; number += 1) {
    if (!isLive(number)) dead.add(idOf(contentOf(number)));
  }
  for await (const { id } of store.list()) if (!dead.has(id)) yield id;
}

async function keepMaintaining(): Promise<never> {
  for (;;) {
    await store.sweep({ live: liveOfAllRuns(), graceMs: 0 });
    await store.compact({ deadShareMin: 0.2, mergeBelowBytes: 20_000 });
    await turn();
  }
}

await Promise.all([keepPutting(), keepPutting(), keepPutting(), keepMaintaining()]);
