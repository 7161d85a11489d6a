/** Small repositories for tests: made quickly, filled with made-up files. */
import type { BlobId } from '@gridkeep/storage/blobs/blob-store';
import { createHash } from 'node:crypto';
import type { StoredSnapshot } from '../format/snapshot.ts';
import type { FileNode, TreeNode } from '../format/tree-node.ts';
import type { RepositoryWriter } from '../repository/repository-writer.ts';
import { createRepository, type OpenOptions, type Repository } from '../repository/repository.ts';
import type { Target } from '../target/target.ts';

export const examplePassword = 'a password of a test';
/** The least that scrypt can do: tests make many keys. */
export const cheapKeyCost = { N: 1024, r: 8, p: 1 } as const;
export const exampleTime = Date.UTC(2026, 10, 22, 3, 0, 0);
/** Nobody waits for others in a test. */
export const quickLocks = { refreshMs: 300_000, lostMs: 1_350_000, settleMs: 5 } as const;

export function createExample(target: Target, options: OpenOptions = {}): Promise<Repository> {
  return createRepository(target, {
    password: examplePassword,
    keyCost: cheapKeyCost,
    lockTimes: quickLocks,
    ...options,
  });
}

/** The same bytes for the same name: half of them compress, half do not. */
export function contentOf(name: string, bytes: number): Buffer {
  const noiseBytes = Math.ceil(bytes / 64) * 32;
  const noise = createHash('shake256', { outputLength: noiseBytes }).update(name).digest();
  const content = Buffer.alloc(noiseBytes * 2);
  for (let at = 0; at < content.length; at += 64) {
    noise.copy(content, at, at / 2, at / 2 + 32);
    content.write(`line ${at} of ${name} `.padEnd(32), at + 32, 32);
  }
  return content.subarray(0, bytes);
}

export async function addExampleFile(
  writer: RepositoryWriter,
  name: string,
  content: Uint8Array,
): Promise<FileNode> {
  const id = content.length === 0 ? [] : [await writer.addData(content)];
  return { type: 'file', name, modifiedAt: exampleTime, size: content.length, content: id };
}

/** A tree of files and folders from names and contents. */
export interface ExampleFolder {
  readonly [name: string]: Uint8Array | ExampleFolder;
}

export async function addExampleFolder(writer: RepositoryWriter, folder: ExampleFolder): Promise<BlobId> {
  const nodes: TreeNode[] = [];
  for (const [name, entry] of Object.entries(folder)) {
    nodes.push(
      entry instanceof Uint8Array
        ? await addExampleFile(writer, name, entry)
        : {
            type: 'dir',
            name,
            modifiedAt: exampleTime,
            subtree: await addExampleFolder(writer, entry),
          },
    );
  }
  return await writer.addTree(nodes);
}

/** One snapshot of it, under a lock of its own. */
export async function backUpExample(
  repository: Repository,
  folder: ExampleFolder,
  options: { readonly time?: number; readonly tags?: readonly string[] } = {},
): Promise<StoredSnapshot> {
  const lock = await repository.lock('shared');
  try {
    const writer = await repository.beginWriting(lock);
    try {
      const tree = await addExampleFolder(writer, folder);
      await writer.finish();
      return await writer.saveSnapshot({
        time: options.time ?? exampleTime,
        tree,
        paths: ['/example'],
        hostname: 'example',
        tags: options.tags ?? [],
      });
    } finally {
      await writer.close();
    }
  } finally {
    await lock.release();
  }
}
