/**
 * What a snapshot is to hold, in the order in which its trees are built, kept in a file: so the records are read from the
 * database without waiting for the repository, and memory does not grow with the grid. Folders without entries do not appear.
 */
import { randomUUID } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { BlobId } from '@gridkeep/storage/blobs/blob-store';
import type { TreeNode } from '@gridkeep/vault/format/tree-node';
import type { MissingContent } from '../backup-layout/grid-document.ts';
import { RecordSpool } from '../ingress/record-spool.ts';

/** A file whose bytes are in the blob store. */
export interface ContentEntry {
  readonly name: string;
  /** Unix milliseconds. */
  readonly at: number;
  readonly blob: BlobId;
  readonly size: number;
  /** What to report when the blob is missing, but for the reason. */
  readonly need: Omit<MissingContent, 'reason' | 'needs'>;
  /** Under which the next backup looks at it again, when the blob is missing. */
  readonly topic: string;
}

export type ScriptStep =
  | { readonly do: 'open'; readonly name: string; readonly at: number }
  | { readonly do: 'close' }
  /** As it is in the parent snapshot. */
  | { readonly do: 'keep'; readonly node: TreeNode }
  /** A line of the open folder's `records.jsonl`. */
  | { readonly do: 'record'; readonly line: string }
  | { readonly do: 'text'; readonly name: string; readonly at: number; readonly text: string }
  | { readonly do: 'content'; readonly entry: ContentEntry }
  /** A file of lines of any length: these follow, then its end. */
  | { readonly do: 'open-lines'; readonly name: string; readonly at: number }
  | { readonly do: 'line'; readonly line: string }
  | { readonly do: 'close-lines' }
  | { readonly do: 'missing'; readonly missing: MissingContent; readonly topic: string };

export class TreeScript {
  readonly #spool: RecordSpool<ScriptStep>;
  #records = 0;

  private constructor(spool: RecordSpool<ScriptStep>) {
    this.#spool = spool;
  }

  static async create(folder: string): Promise<TreeScript> {
    await mkdir(folder, { recursive: true });
    return new TreeScript(await RecordSpool.create(join(folder, `backup-${randomUUID()}.spool`), codec));
  }

  /** Records and lines so far. */
  get records(): number {
    return this.#records;
  }

  open(name: string, at: number): Promise<void> {
    return this.#spool.add({ do: 'open', name, at });
  }

  close(): Promise<void> {
    return this.#spool.add({ do: 'close' });
  }

  keep(node: TreeNode): Promise<void> {
    return this.#spool.add({ do: 'keep', node });
  }

  record(line: string): Promise<void> {
    this.#records += 1;
    return this.#spool.add({ do: 'record', line });
  }

  text(name: string, at: number, text: string): Promise<void> {
    return this.#spool.add({ do: 'text', name, at, text });
  }

  content(entry: ContentEntry): Promise<void> {
    return this.#spool.add({ do: 'content', entry });
  }

  missing(missing: MissingContent, topic: string): Promise<void> {
    return this.#spool.add({ do: 'missing', missing, topic });
  }

  /** Also a file without lines. */
  async lines(name: string, at: number, lines: AsyncIterable<string>): Promise<void> {
    await this.#spool.add({ do: 'open-lines', name, at });
    for await (const line of lines) {
      this.#records += 1;
      await this.#spool.add({ do: 'line', line });
    }
    await this.#spool.add({ do: 'close-lines' });
  }

  read(): AsyncGenerator<ScriptStep> {
    return this.#spool.read();
  }

  /** Removes the file. */
  discard(): Promise<void> {
    return this.#spool.discard();
  }
}

/** Records, by far the most, stand as they are behind one letter. */
const codec = {
  encode(step: ScriptStep): string {
    if (step.do === 'record') return `R${step.line}`;
    if (step.do === 'line') return `L${step.line}`;
    return JSON.stringify(step);
  },
  decode(line: string): ScriptStep {
    if (line.startsWith('R')) return { do: 'record', line: line.slice(1) };
    if (line.startsWith('L')) return { do: 'line', line: line.slice(1) };
    // Written by this process a moment ago.
    return JSON.parse(line) as ScriptStep;
  },
};
