/** Tree blobs, byte for byte as Go writes them (restic: internal/data/node.go, tree.go): `rewrite` refuses others. */
import { FormatError } from './format-error.ts';
import { goString } from './go-json.ts';
import { asArray, asCount, asId, asObject, asString, parseJson } from './json-input.ts';
import type { JsonObject } from './json-input.ts';
import { decodeMode, encodeMode } from './node-mode.ts';
import {
  compareNodeNames,
  escapeNodeName,
  isNodeName,
  nodeNameBytes,
  nodeNameFromBytes,
  unescapeNodeName,
} from './node-names.ts';
import { formatTimestamp, parseTimestamp } from './timestamp.ts';
import type { FileNode, FolderNode, OtherNode, TreeNode } from './tree-node.ts';

/** A tree of 200,000 files has 44 MB. Trees of Gridkeep stay under 2 MB. */
export const treeBytesMax = 96 * 1024 * 1024;

const defaultFileMode = 0o644;
const defaultFolderMode = 0o755;
/** What Go has for a time that was left out. */
const goZeroTime = -62_135_596_800_000;

/** Sorted by the bytes of the names. Throws RangeError for a name that is none and for a name that comes twice. */
export function encodeTree(nodes: Iterable<TreeNode>): Buffer {
  const sorted = [...nodes];
  for (const { name } of sorted) {
    if (!isNodeName(name)) throw new RangeError(`no name for an entry: ${JSON.stringify(name.slice(0, 80))}`);
  }
  sorted.sort((a, b) => compareNodeNames(a.name, b.name));
  const twice = firstDuplicate(sorted);
  if (twice !== undefined) throw new RangeError(`two entries named ${JSON.stringify(twice.slice(0, 80))}`);
  return Buffer.from(`{"nodes":[${sorted.map(encodeNode).join(',')}]}\n`, 'utf8');
}

function firstDuplicate(sorted: readonly TreeNode[]): string | undefined {
  for (let i = 1; i < sorted.length; i += 1) {
    const [before, here] = [sorted[i - 1]?.name ?? '', sorted[i]?.name ?? ''];
    if (compareNodeNames(before, here) === 0) return here;
  }
  return undefined;
}

function encodeNode(node: TreeNode): string {
  const mode = encodeMode(node.type, node.mode ?? defaultMode(node.type));
  const time = `"${formatTimestamp(node.modifiedAt)}"`;
  const start =
    `{"name":${goString(escapeNodeName(node.name))},"type":"${node.type}"${mode === 0 ? '' : `,"mode":${mode}`}` +
    `,"mtime":${time},"atime":${time},"ctime":${time},"uid":0,"gid":0`;
  switch (node.type) {
    case 'file': {
      if (!Number.isSafeInteger(node.size) || node.size < 0) throw new RangeError('no size of a file');
      const size = node.size === 0 ? '' : `,"size":${node.size}`;
      const content = node.content.length === 0 ? '' : `"${node.content.join('","')}"`;
      return `${start}${size},"content":[${content}]}`;
    }
    case 'dir':
      return `${start},"content":null,"subtree":"${node.subtree}"}`;
    default:
      return `${start}${encodeTarget(node.linkTarget ?? '')},"content":null}`;
  }
}

function encodeTarget(target: string): string {
  if (target === '') return '';
  const raw = target.isWellFormed() ? '' : nodeNameBytes(target).toString('base64');
  return `,"linktarget":${goString(target)}${raw === '' ? '' : `,"linktarget_raw":"${raw}"`}`;
}

function defaultMode(type: TreeNode['type']): number {
  return type === 'file' ? defaultFileMode : type === 'dir' ? defaultFolderMode : 0o777;
}

/** In the order of the names' bytes; of what Gridkeep has no use for (owners, inodes, attributes) nothing stays. Throws FormatError. */
export function decodeTree(bytes: Uint8Array): TreeNode[] {
  if (bytes.length > treeBytesMax) throw new FormatError(`tree: more than ${treeBytesMax} bytes`);
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('utf8');
  const nodes = asArray(asObject(parseJson(text, 'tree'), 'tree')['nodes'], 'tree: nodes');
  const decoded = nodes.map((node) => decodeNode(asObject(node, 'tree: node')));
  if (!isSorted(decoded)) decoded.sort((a, b) => compareNodeNames(a.name, b.name));
  if (firstDuplicate(decoded) !== undefined) throw new FormatError('tree: a name comes twice');
  return decoded;
}

function isSorted(nodes: readonly TreeNode[]): boolean {
  return nodes.every((node, i) => i === 0 || compareNodeNames(nodes[i - 1]?.name ?? '', node.name) <= 0);
}

function decodeNode(node: JsonObject): TreeNode {
  const name = unescapeNodeName(asString(node['name'], 'tree: name', 4 * 4096));
  // A name becomes a path one day: what is none must not come through here.
  if (!isNodeName(name)) throw new FormatError('tree: a name that is none');
  const modifiedAt = node['mtime'] === undefined ? goZeroTime : parseTimestamp(node['mtime'], 'tree: mtime');
  const mode = decodeMode(asCount(node['mode'] ?? 0, 'tree: mode', 0xffff_ffff));
  const type = node['type'];
  switch (type) {
    case 'file': {
      const content = asArray(node['content'], 'tree: content').map((id) => asId(id, 'tree: content'));
      const size = asCount(node['size'] ?? 0, 'tree: size');
      const file: FileNode = { type, name, modifiedAt, size, content };
      return mode === defaultFileMode ? file : { ...file, mode };
    }
    case 'dir': {
      const folder: FolderNode = { type, name, modifiedAt, subtree: asId(node['subtree'], 'tree: subtree') };
      return mode === defaultFolderMode ? folder : { ...folder, mode };
    }
    case 'symlink':
    case 'dev':
    case 'chardev':
    case 'fifo':
    case 'socket': {
      const other: OtherNode = { type, name, modifiedAt, mode };
      const linkTarget = decodeTarget(node);
      return linkTarget === '' ? other : { ...other, linkTarget };
    }
    default:
      throw new FormatError('tree: no such type of node');
  }
}

function decodeTarget(node: JsonObject): string {
  const raw = node['linktarget_raw'];
  if (raw === undefined || raw === null)
    return asString(node['linktarget'] ?? '', 'tree: linktarget').toWellFormed();
  return nodeNameFromBytes(Buffer.from(asString(raw, 'tree: linktarget_raw', 8192), 'base64'));
}
