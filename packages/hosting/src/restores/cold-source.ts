/** Reads a snapshot whose data may have to be fetched from cold storage first: notes what that is, or waits for it. */
import type { BlobId } from '@gridkeep/storage/blobs/blob-store';
import type { FileNode, TreeNode } from '@gridkeep/vault/format/tree-node';
import type { Repository } from '@gridkeep/vault/repository/repository';
import { fetchPacks, FetchNeeds, planFetch } from '@gridkeep/vault/restore/fetch-plan';
import type { FetchOptions, FetchPlan } from '@gridkeep/vault/restore/fetch-plan';
import { isTargetFailure } from '@gridkeep/vault/target/target';
import type { SnapshotSource } from '../backup-layout/snapshot-source.ts';

export class ColdSource implements SnapshotSource {
  readonly #repository: Repository;
  readonly #needs: FetchNeeds;
  /** Undefined: what is cold is not waited for. */
  readonly #waiting: FetchOptions | undefined;

  private constructor(repository: Repository, needs: FetchNeeds, waiting: FetchOptions | undefined) {
    this.#repository = repository;
    this.#needs = needs;
    this.#waiting = waiting;
  }

  static async of(repository: Repository, waiting?: FetchOptions): Promise<ColdSource> {
    return new ColdSource(repository, await FetchNeeds.of(repository), waiting);
  }

  readTree(id: BlobId): Promise<readonly TreeNode[]> {
    return this.#repository.readTree(id);
  }

  async *readFile(node: FileNode): AsyncGenerator<Uint8Array> {
    for (const [at, id] of node.content.entries()) {
      let blob: Uint8Array | undefined;
      try {
        blob = await this.#repository.readBlob('data', id);
      } catch (error) {
        if (!isTargetFailure(error, 'cold')) throw error;
        this.willRead(node);
        if (this.#waiting === undefined) throw error;
        const rest = await planFetch(this.#repository, node.content.slice(at), this.#waiting.signal);
        await fetchPacks(this.#repository, rest, this.#waiting);
      }
      yield blob ?? (await this.#repository.readBlob('data', id));
    }
  }

  willRead(node: FileNode): void {
    for (const id of node.content) this.#needs.add(id);
  }

  /** Of all that was read or foreseen so far. */
  plan(signal?: AbortSignal): Promise<FetchPlan> {
    return this.#needs.plan(signal);
  }
}
