/** Backups of a few small files on a fake machine, without threads: hundreds of nights pass in seconds. */
import { createHash } from 'node:crypto';
import { parseBlobId, type BlobId } from '@gridkeep/storage/blobs/blob-store';
import { writeIndexFile, type IndexPack } from '../format/index-file.ts';
import { decodePackHeader } from '../format/pack-header.ts';
import { writeSnapshot } from '../format/snapshot-encoding.ts';
import type { StoredSnapshot } from '../format/snapshot.ts';
import { encodeTree } from '../format/tree-encoding.ts';
import type { BlobType, FileNode, TreeNode } from '../format/tree-node.ts';
import { prune, type PruneOptions, type PruneReport } from '../prune/prune.ts';
import { BlobIndex } from '../repository/blob-index.ts';
import { PackBuilder } from '../repository/pack-builder.ts';
import { createRepository, openRepository, type Repository } from '../repository/repository.ts';
import { planPoint } from '../retention/restore-points.ts';
import { VaultClock } from '../retention/vault-clock.ts';
import type { Target } from '../target/target.ts';
import { FakeMachine } from './fake-machine.ts';

export const password = 'a password of a test';
export const zone = 'Europe/Berlin';
const lockTimes = { refreshMs: 60_000, lostMs: 120_000, settleMs: 1 };

/** Paths with `/` and what is there. */
export type SmallFiles = ReadonlyMap<string, Buffer>;

export class SmallVault {
  readonly target: Target;
  readonly repository: Repository;
  readonly machine: FakeMachine;
  readonly clock: VaultClock;
  /** Bytes of packs; small, so that there are many. */
  packBytes = 64 * 1024;

  constructor(target: Target, repository: Repository, machine: FakeMachine) {
    this.target = target;
    this.repository = repository;
    this.machine = machine;
    this.clock = new VaultClock(repository, machine);
  }

  static async create(target: Target, start = Date.UTC(2026, 10, 23, 3)): Promise<SmallVault> {
    const keyCost = { N: 1024, r: 8, p: 1 };
    const repository = await createRepository(target, { password, keyCost, lockTimes });
    return new SmallVault(target, repository, new FakeMachine(start));
  }

  /** The same vault as another process sees it. */
  async reopened(target = this.target): Promise<SmallVault> {
    const repository = await openRepository(target, { password }, { lockTimes });
    return new SmallVault(target, repository, this.machine);
  }

  async backup(files: SmallFiles): Promise<StoredSnapshot> {
    const { repository } = this;
    await using _lock = await repository.lock('shared');
    const plan = planPoint({
      wall: this.machine.wall(),
      zone,
      clock: await this.clock.sample(),
      existing: await repository.listSnapshots(),
    });
    const writer = new SmallWriter(this);
    await writer.begin();
    const tree = await writer.addFolder(files);
    await writer.finish();
    const snapshot = {
      time: this.machine.wall(),
      tree,
      paths: ['/grid'],
      hostname: 'gridkeep',
      tags: plan.tags,
    };
    return { ...snapshot, id: await repository.writeUnpacked('snapshot', writeSnapshot(snapshot)) };
  }

  prune(options: Partial<PruneOptions> = {}): Promise<PruneReport> {
    return prune(this.repository, { clock: this.clock, zone, packBytes: this.packBytes, ...options });
  }

  /** Path and SHA-256 of everything in a snapshot, read from the repository; `known` trees and contents are not read again. */
  async contents(tree: BlobId, known = new Known()): Promise<Map<string, string>> {
    const before = known.trees.get(tree);
    if (before !== undefined) return before;
    const found = new Map<string, string>();
    for (const node of await this.repository.readTree(tree)) {
      if (node.type === 'file') found.set(node.name, await this.#hashOf(node, known));
      if (node.type !== 'dir') continue;
      for (const [path, hash] of await this.contents(node.subtree, known))
        found.set(`${node.name}/${path}`, hash);
    }
    known.trees.set(tree, found);
    return found;
  }

  async #hashOf(node: FileNode, known: Known): Promise<string> {
    const content = node.content.join();
    const before = known.files.get(content);
    if (before !== undefined) return before;
    const hash = createHash('sha256');
    for await (const bytes of this.repository.readFile(node)) hash.update(bytes);
    const digest = hash.digest('hex');
    known.files.set(content, digest);
    return digest;
  }
}

/** What was read from a repository since it last changed. */
export class Known {
  readonly trees = new Map<BlobId, Map<string, string>>();
  /** By the ids of their blobs. */
  readonly files = new Map<string, string>();
}

export function hashesOf(files: SmallFiles): Map<string, string> {
  return new Map(
    [...files]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([path, bytes]) => [path, createHash('sha256').update(bytes).digest('hex')]),
  );
}

class SmallWriter {
  readonly #vault: SmallVault;
  readonly #builders: Record<BlobType, PackBuilder>;
  #index = new BlobIndex();
  readonly #added = new Set<string>();
  readonly #packs: IndexPack[] = [];

  constructor(vault: SmallVault) {
    this.#vault = vault;
    const newBuilder = (): PackBuilder =>
      new PackBuilder(vault.repository.sealer, (bytes) => new ArrayBuffer(Math.max(bytes, vault.packBytes)));
    this.#builders = { data: newBuilder(), tree: newBuilder() };
  }

  async begin(): Promise<void> {
    this.#index = await this.#vault.repository.loadIndex();
  }

  async addFolder(files: SmallFiles): Promise<BlobId> {
    const folders = new Map<string, Map<string, Buffer>>();
    const nodes: TreeNode[] = [];
    for (const [path, bytes] of files) {
      const slash = path.indexOf('/');
      if (slash >= 0) {
        const folder = folders.get(path.slice(0, slash)) ?? new Map<string, Buffer>();
        folders.set(path.slice(0, slash), folder.set(path.slice(slash + 1), bytes));
      } else {
        const content = bytes.length === 0 ? [] : [await this.#add('data', bytes)];
        nodes.push({ type: 'file', name: path, modifiedAt: 0, size: bytes.length, content });
      }
    }
    for (const [name, inside] of folders)
      nodes.push({ type: 'dir', name, modifiedAt: 0, subtree: await this.addFolder(inside) });
    return await this.#add('tree', encodeTree(nodes));
  }

  async finish(): Promise<void> {
    for (const type of ['data', 'tree'] as const) await this.#savePack(type);
    if (this.#packs.length > 0)
      await this.#vault.repository.writeUnpacked('index', writeIndexFile(this.#packs));
  }

  async #add(type: BlobType, payload: Buffer): Promise<BlobId> {
    const id = parseBlobId(createHash('sha256').update(payload).digest('hex'));
    if (this.#index.has(type, id) || this.#added.has(type + id)) return id;
    this.#added.add(type + id);
    const blob = { type, id, codec: 'auto' as const, payload, length: payload.length };
    if (this.#builders[type].add(blob) === 'no room') {
      await this.#savePack(type);
      this.#builders[type].add(blob);
    }
    return id;
  }

  async #savePack(type: BlobType): Promise<void> {
    const builder = this.#builders[type];
    if (builder.isEmpty) return;
    const { id, bytes, header } = builder.finish();
    const content = type === 'data' ? 'data' : 'metadata';
    await this.#vault.target.save('pack', id, bytes, { content });
    this.#packs.push({ id, blobs: decodePackHeader(header) });
  }
}
