/** Small repositories with known content, for tests of what looks at, damages, repairs and copies them. */
import { hash } from 'node:crypto';
import type { StoredSnapshot } from '../format/snapshot.ts';
import type { TreeNode } from '../format/tree-node.ts';
import type { Repository } from '../repository/repository.ts';
import { createRepository } from '../repository/repository.ts';
import type { Target } from '../target/target.ts';

export const samplePassword = 'open sesame';

/** Numbers that are the same in every run: mulberry32. Each call gives 0 … below − 1. */
export function seededNumbers(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

export interface Sample {
  readonly repository: Repository;
  readonly snapshots: readonly StoredSnapshot[];
  /** SHA-256 by snapshot and path: `<snapshot>/assets/3/7.bin`. */
  readonly hashes: ReadonlyMap<string, string>;
}

/** `nights` snapshots of a tree of folders with files, of which a few change each night. One pack or more for each night. */
export async function sampleRepository(
  target: Target,
  { seed = 1, nights = 3, folders = 4, files = 5 } = {},
): Promise<Sample> {
  const repository = await createRepository(target, {
    password: samplePassword,
    keyCost: { N: 1024, r: 8, p: 1 },
    lockTimes: { refreshMs: 300_000, lostMs: 1_350_000, settleMs: 0 },
  });
  const next = seededNumbers(seed);
  const contents = new Map<string, Buffer>();
  const hashes = new Map<string, string>();
  const snapshots: StoredSnapshot[] = [];
  const content = (): Buffer => Buffer.from(Uint8Array.from({ length: 200 + next(3000) }, () => next(256)));
  for (let night = 0; night < nights; night += 1) {
    for (let folder = 0; folder < folders; folder += 1) {
      for (let file = 0; file < files; file += 1) {
        const path = `assets/${folder}/${file}.bin`;
        if (night === 0 || next(4) === 0) contents.set(path, content());
      }
    }
    const snapshot = await writeNight(repository, night, contents);
    snapshots.push(snapshot);
    for (const [path, bytes] of contents) hashes.set(`${snapshot.id}/${path}`, hash('sha256', bytes, 'hex'));
  }
  return { repository, snapshots, hashes };
}

async function writeNight(
  repository: Repository,
  night: number,
  contents: ReadonlyMap<string, Buffer>,
): Promise<StoredSnapshot> {
  const time = Date.UTC(2026, 0, 1 + night, 3);
  await using lock = await repository.lock('shared');
  const writer = await repository.beginWriting(lock, { threads: 1 });
  try {
    const folders = new Map<string, TreeNode[]>();
    for (const [path, bytes] of contents) {
      const [, folder = '', name = ''] = path.split('/');
      const nodes = folders.get(folder) ?? [];
      folders.set(folder, nodes);
      const id = await writer.addData(bytes);
      nodes.push({ type: 'file', name, modifiedAt: time, size: bytes.length, content: [id] });
    }
    const assets: TreeNode[] = [];
    for (const [name, nodes] of folders) {
      assets.push({ type: 'dir', name, modifiedAt: 0, subtree: await writer.addTree(nodes) });
    }
    const subtree = await writer.addTree(assets);
    const tree = await writer.addTree([{ type: 'dir', name: 'assets', modifiedAt: 0, subtree }]);
    await writer.finish();
    return await writer.saveSnapshot({ time, tree, paths: ['/grid'], hostname: 'grid', tags: ['gridkeep'] });
  } finally {
    await writer.close();
  }
}

/** Reads everything of all snapshots. Throws where something cannot be read; gives the hashes of what can. */
export async function readWhole(repository: Repository): Promise<Map<string, string | Error>> {
  const found = new Map<string, string | Error>();
  const walk = async (tree: StoredSnapshot['tree'], path: string): Promise<void> => {
    let nodes: readonly TreeNode[];
    try {
      nodes = await repository.readTree(tree);
    } catch (error) {
      found.set(path, asError(error));
      return;
    }
    for (const node of nodes) {
      if (node.type === 'dir') await walk(node.subtree, `${path}/${node.name}`);
      if (node.type !== 'file') continue;
      try {
        const pieces: Buffer[] = [];
        for await (const piece of repository.readFile(node)) pieces.push(piece);
        found.set(`${path}/${node.name}`, hash('sha256', Buffer.concat(pieces), 'hex'));
      } catch (error) {
        found.set(`${path}/${node.name}`, asError(error));
      }
    }
  };
  for (const snapshot of await repository.listSnapshots()) await walk(snapshot.tree, snapshot.id);
  return found;
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
