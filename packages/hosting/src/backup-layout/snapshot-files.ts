/** Folders and files of a snapshot, with limits: whoever has the repository's key may have written anything into it. */
import type { BlobId } from '@gridkeep/storage/blobs/blob-store';
import type { FileNode, FolderNode, TreeNode } from '@gridkeep/vault/format/tree-node';
import { tryParseUuid } from '@gridkeep/wire/uuid';
import type { Uuid } from '@gridkeep/wire/uuid';
import type { SnapshotSource } from './snapshot-source.ts';
import { SnapshotContentError } from './snapshot-source.ts';

/** A folder and where it lies. The place is for people only: names out of a snapshot never become paths here. */
export interface SnapshotFolder {
  readonly tree: BlobId;
  readonly place: string;
}

/** Bytes of one line of records. */
const lineBytesMax = 12 * 1024 * 1024;

export function placeIn(folder: SnapshotFolder, name: string): string {
  return folder.place === '' ? name : `${folder.place}/${name}`;
}

export function folderOf(parent: SnapshotFolder, node: FolderNode): SnapshotFolder {
  return { tree: node.subtree, place: placeIn(parent, node.name) };
}

export function folderNamed(
  nodes: readonly TreeNode[],
  parent: SnapshotFolder,
  name: string,
): SnapshotFolder | undefined {
  const node = nodes.find((one) => one.name === name);
  if (node === undefined) return undefined;
  if (node.type !== 'dir') throw new SnapshotContentError(placeIn(parent, name), 'is no folder');
  return folderOf(parent, node);
}

export function fileNamed(
  nodes: readonly TreeNode[],
  parent: SnapshotFolder,
  name: string,
): FileNode | undefined {
  const node = nodes.find((one) => one.name === name);
  if (node === undefined) return undefined;
  if (node.type !== 'file') throw new SnapshotContentError(placeIn(parent, name), 'is no file');
  return node;
}

/** Two hexadecimal digits: a part of a folder that grew too large. */
export function isPrefixName(name: string): boolean {
  return /^[0-9a-f]{2}$/.test(name);
}

/** What stands after the last `__` of a name, or all of it, without what follows its first dot. */
export function idTextOfName(name: string): string {
  const at = name.lastIndexOf('__');
  const rest = at < 0 ? name : name.slice(at + 2);
  const dot = rest.indexOf('.');
  return dot < 0 ? rest : rest.slice(0, dot);
}

export function idOfName(name: string): Uuid | undefined {
  return tryParseUuid(idTextOfName(name));
}

/** The part before `__`, for people. */
export function titleOfName(name: string): string {
  const at = name.lastIndexOf('__');
  return at < 0 ? name : name.slice(0, at);
}

/** All bytes of a file. Throws SnapshotContentError when it has more than `bytesMax`, or others than it says. */
export async function readWhole(
  source: SnapshotSource,
  node: FileNode,
  place: string,
  bytesMax: number,
): Promise<Buffer> {
  if (node.size > bytesMax)
    throw new SnapshotContentError(place, `${node.size} bytes are more than the ${bytesMax} allowed`);
  const pieces: Uint8Array[] = [];
  let length = 0;
  for await (const piece of source.readFile(node)) {
    length += piece.length;
    if (length > node.size) break;
    pieces.push(piece);
  }
  if (length !== node.size) throw new SnapshotContentError(place, 'has not the size that its folder says');
  return Buffer.concat(pieces, length);
}

export async function readText(
  source: SnapshotSource,
  node: FileNode,
  place: string,
  bytesMax: number,
): Promise<string> {
  return decodeUtf8(await readWhole(source, node, place, bytesMax), place);
}

/** The lines of a file of records; memory holds one piece of it and one line. */
export async function* readLines(
  source: SnapshotSource,
  node: FileNode,
  place: string,
): AsyncGenerator<string> {
  let rest: Buffer[] = [];
  let restBytes = 0;
  for await (const piece of source.readFile(node)) {
    const bytes = Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength);
    let start = 0;
    for (let end = bytes.indexOf(10); end >= 0; end = bytes.indexOf(10, start)) {
      const line =
        restBytes === 0 ? bytes.subarray(start, end) : Buffer.concat([...rest, bytes.subarray(start, end)]);
      rest = [];
      restBytes = 0;
      start = end + 1;
      yield decodeUtf8(line, place);
    }
    if (start < bytes.length) {
      rest.push(bytes.subarray(start));
      restBytes += bytes.length - start;
      if (restBytes > lineBytesMax) throw new SnapshotContentError(place, 'holds a line that is too long');
    }
  }
  if (restBytes > 0) yield decodeUtf8(Buffer.concat(rest), place);
}

function decodeUtf8(bytes: Uint8Array, place: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new SnapshotContentError(place, 'is no UTF-8 text');
  }
}
