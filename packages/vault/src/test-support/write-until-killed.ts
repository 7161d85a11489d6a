/**
 * Backs up into a repository until it is killed. Arguments: folder of the repository, seed. Prints `open`, then the id of
 * every snapshot that is saved.
 */
import { writeSync } from 'node:fs';
import type { FileNode } from '../format/tree-node.ts';
import type { RepositoryWriter } from '../repository/repository-writer.ts';
import { openRepository } from '../repository/repository.ts';
import { openFolderTarget } from '../target/folder-target.ts';
import { addExampleFile, contentOf, examplePassword, exampleTime, quickLocks } from './example-repository.ts';

const [folder = '', seedText = '0'] = process.argv.slice(2);
const repository = await openRepository(
  await openFolderTarget(folder),
  { password: examplePassword },
  { lockTimes: quickLocks, cacheFolder: `${folder}-cache` },
);
writeSync(1, 'open\n');

const snapshotsPerWriter = 5;

async function backUp(writer: RepositoryWriter, round: number): Promise<void> {
  const name = `${seedText}-${round}`;
  const nodes: FileNode[] = [];
  for (let number = 0; number < 40; number += 1) {
    // Every second file is in the snapshot before, too.
    const content = contentOf(number % 2 === 0 ? `${seedText} ${number}` : `${name} ${number}`, 20_000);
    nodes.push(await addExampleFile(writer, `file-${number}`, content));
    if (number === 20) await writer.finish();
  }
  const tree = await writer.addTree(nodes);
  await writer.finish();
  const { id } = await writer.saveSnapshot({
    time: exampleTime + round,
    tree,
    paths: [`/${seedText}`],
    hostname: 'killed',
    tags: [name],
  });
  writeSync(1, `${id}\n`);
}

for (let round = 0; ;) {
  const lock = await repository.lock('shared', { waitMs: 10_000 });
  const writer = await repository.beginWriting(lock, { dataPackBytes: 300_000, treePackBytes: 100_000 });
  for (let done = 0; done < snapshotsPerWriter; done += 1, round += 1) await backUp(writer, round);
  await writer.close();
  await lock.release();
}
