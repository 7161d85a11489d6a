/** The snapshot that a backup is made against: what did not change is taken over from it, unread. */
import type { BlobId } from '@gridkeep/storage/blobs/blob-store';
import type { FileNode, FolderNode, TreeNode } from '@gridkeep/vault/format/tree-node';

/** Something of the parent snapshot cannot be read: everything must be looked at. */
export class ParentUnreadableError extends Error {
  override readonly name = 'ParentUnreadableError';
}

export interface TreeReader {
  readTree(id: BlobId): Promise<readonly TreeNode[]>;
}

/** A folder of the parent snapshot; without a tree it has nothing in it. */
export class ParentFolder {
  static readonly nothing: ParentFolder = new ParentFolder(new Map(), undefined);
  readonly #nodes: ReadonlyMap<string, TreeNode>;
  readonly #reader: TreeReader | undefined;

  private constructor(nodes: ReadonlyMap<string, TreeNode>, reader: TreeReader | undefined) {
    this.#nodes = nodes;
    this.#reader = reader;
  }

  static async read(reader: TreeReader, tree: BlobId): Promise<ParentFolder> {
    try {
      const nodes = await reader.readTree(tree);
      return new ParentFolder(new Map(nodes.map((node) => [node.name, node])), reader);
    } catch (error) {
      throw new ParentUnreadableError(`tree ${tree} of the parent snapshot cannot be read`, { cause: error });
    }
  }

  folder(name: string): FolderNode | undefined {
    const node = this.#nodes.get(name);
    return node?.type === 'dir' ? node : undefined;
  }

  file(name: string): FileNode | undefined {
    const node = this.#nodes.get(name);
    return node?.type === 'file' ? node : undefined;
  }

  *folders(): Generator<FolderNode> {
    for (const node of this.#nodes.values()) if (node.type === 'dir') yield node;
  }

  /** What is in the folder of that name, or nothing. */
  async inside(node: FolderNode | undefined): Promise<ParentFolder> {
    if (node === undefined || this.#reader === undefined) return ParentFolder.nothing;
    return ParentFolder.read(this.#reader, node.subtree);
  }
}
