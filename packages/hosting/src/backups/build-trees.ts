/** Builds the trees of a snapshot from its script; all content is in the repository by then. */
import type { BlobId } from '@gridkeep/storage/blobs/blob-store';
import type { RepositoryWriter } from '@gridkeep/vault/repository/repository-writer';
import type { FileNode, TreeNode } from '@gridkeep/vault/format/tree-node';
import type { MissingContent } from '../backup-layout/grid-document.ts';
import { recordsFile } from '../backup-layout/layout.ts';
import type { CopiedContent } from './copy-content.ts';
import type { ContentEntry, ScriptStep, TreeScript } from './tree-script.ts';

/** Texts up to this size are one blob, longer ones are cut by content. */
const wholeBytesMax = 512 * 1024;
/** Characters of lines handed on at once. */
const linesMax = 64 * 1024;
/** More are only counted. */
export const missingListedMax = 100_000;

interface OpenFolder {
  readonly name: string;
  readonly at: number;
  readonly nodes: TreeNode[];
  readonly records: string[];
}

/** What is missing, and where the next backup has to look again. */
class MissingList {
  readonly entries: MissingContent[] = [];
  readonly topics = new Set<string>();
  count = 0;

  add(missing: MissingContent, topic: string): void {
    this.count += 1;
    this.topics.add(topic);
    if (this.entries.length < missingListedMax) this.entries.push(missing);
  }
}

export interface BuiltTrees {
  /** Nodes of the root. */
  readonly nodes: readonly TreeNode[];
  readonly missing: MissingList;
  readonly files: number;
  readonly folders: number;
  readonly bytes: number;
}

export async function buildTrees(
  writer: RepositoryWriter,
  script: TreeScript,
  copied: CopiedContent,
  signal: AbortSignal,
): Promise<BuiltTrees> {
  const root: OpenFolder = { name: '', at: 0, nodes: [], records: [] };
  const open: OpenFolder[] = [root];
  const missing = new MissingList();
  const counts = { files: 0, folders: 0, bytes: 0 };
  let folder = root;
  const addFile = (node: FileNode): void => {
    folder.nodes.push(node);
    counts.files += 1;
    counts.bytes += node.size;
  };
  const steps = script.read();
  for await (const step of { [Symbol.asyncIterator]: () => steps }) {
    switch (step.do) {
      case 'open':
        signal.throwIfAborted();
        folder = { name: step.name, at: step.at, nodes: [], records: [] };
        open.push(folder);
        break;
      case 'close': {
        const done = folder;
        open.pop();
        if (done.records.length > 0) {
          const text = `${done.records.join('\n')}\n`;
          const node = await addText(writer, recordsFile, done.at, text);
          done.nodes.push(node);
          counts.files += 1;
          counts.bytes += node.size;
        }
        folder = open.at(-1) ?? root;
        if (done.nodes.length === 0) break;
        const subtree = await writer.addTree(done.nodes);
        folder.nodes.push({ type: 'dir', name: done.name, modifiedAt: done.at, subtree });
        counts.folders += 1;
        break;
      }
      case 'keep':
        folder.nodes.push(step.node);
        break;
      case 'record':
        folder.records.push(step.line);
        break;
      case 'text':
        addFile(await addText(writer, step.name, step.at, step.text));
        break;
      case 'content': {
        const node = contentNode(step.entry, copied, missing);
        if (node !== undefined) addFile(node);
        break;
      }
      case 'open-lines':
        addFile(await writer.addFile(step.name, step.at, linesUntilEnd(steps)));
        break;
      case 'missing':
        missing.add(step.missing, step.topic);
        break;
      case 'line':
      case 'close-lines':
        throw new Error('a line without its file');
    }
  }
  return { nodes: root.nodes, missing, ...counts };
}

function contentNode(
  { name, at, blob, size, need, topic }: ContentEntry,
  copied: CopiedContent,
  missing: MissingList,
): FileNode | undefined {
  const lack = copied.lacking.get(blob);
  if (lack !== undefined) {
    missing.add({ ...need, reason: lack, needs: blob }, topic);
    return undefined;
  }
  const content: readonly BlobId[] = size === 0 ? [] : copied.blobsOf(blob);
  return { type: 'file', name, modifiedAt: at, size, content };
}

export async function addText(
  writer: RepositoryWriter,
  name: string,
  at: number,
  text: string,
): Promise<FileNode> {
  const bytes = Buffer.from(text);
  if (bytes.length > wholeBytesMax) return writer.addFile(name, at, onePiece(bytes));
  const content = bytes.length === 0 ? [] : [await writer.addData(bytes)];
  return { type: 'file', name, modifiedAt: at, size: bytes.length, content };
}

async function* onePiece(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

/** Leaves the steps behind the end for others. */
async function* linesUntilEnd(steps: AsyncGenerator<ScriptStep>): AsyncGenerator<Uint8Array> {
  let lines: string[] = [];
  let length = 0;
  for (;;) {
    const { value, done } = await steps.next();
    if (done === true) throw new Error('lines without an end');
    const isEnd = value.do === 'close-lines';
    if (value.do === 'line') {
      lines.push(value.line);
      length += value.line.length + 1;
    } else if (!isEnd) throw new Error('something else between lines');
    if (lines.length > 0 && (isEnd || length >= linesMax)) {
      yield Buffer.from(`${lines.join('\n')}\n`);
      lines = [];
      length = 0;
    }
    if (isEnd) return;
  }
}
