/** Runs in a thread: compresses, seals, opens again and hashes whole packs, and makes index files. */
import { parentPort } from 'node:worker_threads';
import { writeIndexFile, type IndexPack } from '../format/index-file.ts';
import { decodePackHeader } from '../format/pack-header.ts';
import type { BlobType } from '../format/tree-node.ts';
import { packUnpacked } from '../format/unpacked.ts';
import { createSealer, type Sealer } from '../sealing/sealer.ts';
import { OutsideGarbage } from './collect-garbage.ts';
import { PackBuilder } from './pack-builder.ts';
import {
  blobsOf,
  type IndexedHeader,
  type PackingReply,
  type PackingRequest,
  type SentBatch,
} from './packing-protocol.ts';
import { hashName } from './repository-files.ts';

const port = parentPort;
if (port === null) throw new Error('runs in a thread only');

/** A pack is finished when it is larger than asked for, so there is room for a bit more. */
const packSlackBytes = 1024 * 1024;

function reply(message: PackingReply, transfer: readonly ArrayBuffer[] = []): void {
  port?.postMessage(message, [...transfer]);
}

class Packing {
  readonly #sealer: Sealer;
  readonly #packBytes: Readonly<Record<BlobType, number>>;
  readonly #builders: Readonly<Record<BlobType, PackBuilder>>;
  readonly #spares: ArrayBuffer[] = [];
  readonly #garbage = new OutsideGarbage();

  constructor(sealer: Sealer, packBytes: Readonly<Record<BlobType, number>>) {
    this.#sealer = sealer;
    this.#packBytes = packBytes;
    this.#builders = { data: this.#builder('data'), tree: this.#builder('tree') };
  }

  takeBatch(batch: SentBatch): void {
    const rejected: string[] = [];
    const builder = this.#builders[batch.type];
    for (const blob of blobsOf(batch)) {
      let outcome = builder.add(blob);
      if (outcome === 'no room') {
        this.#finish(batch.type);
        outcome = builder.add(blob);
      }
      this.#garbage.note(blob.length, blob.codec !== 'raw');
      if (outcome === 'rejected') rejected.push(blob.id);
      if (builder.bytes >= this.#packBytes[batch.type]) this.#finish(batch.type);
    }
    reply({ kind: 'batch done', batch, rejected }, [batch.rows, batch.bytes]);
  }

  takeSpare(buffer: ArrayBuffer): void {
    if (this.#spares.length === 0) this.#spares.push(buffer);
  }

  makeIndex(packs: readonly IndexedHeader[]): void {
    const plain = packUnpacked(writeIndexFile(opened(packs)));
    const bytes = this.#sealer.seal(plain);
    if (!this.#sealer.open(bytes).equals(plain)) {
      throw new Error('sealing gave something else than was sealed');
    }
    reply({ kind: 'index', bytes, name: hashName(bytes), packs: packs.map(({ id }) => id) });
  }

  flush(): void {
    this.#finish('data');
    this.#finish('tree');
    reply({ kind: 'flushed' });
  }

  #finish(type: BlobType): void {
    const builder = this.#builders[type];
    if (builder.isEmpty) return;
    const { id, bytes, header, contentBytes } = builder.finish();
    const { buffer, length } = bytes;
    reply({ kind: 'pack', type, id, buffer, bytes: length, header, contentBytes }, [buffer]);
  }

  #builder(type: BlobType): PackBuilder {
    return new PackBuilder(this.#sealer, (needed) => {
      const usual = this.#packBytes[type] + packSlackBytes;
      const spare = this.#spares.findIndex(({ byteLength }) => byteLength >= Math.max(needed, usual));
      const [found] = spare < 0 ? [] : this.#spares.splice(spare, 1);
      return found ?? new ArrayBuffer(Math.max(needed, usual));
    });
  }
}

/** One at a time: tens of thousands of blobs as objects are more than all the rest of a thread. */
function* opened(packs: readonly IndexedHeader[]): Generator<IndexPack> {
  for (const { id, header } of packs) yield { id, blobs: decodePackHeader(header) };
}

let packing: Promise<Packing> | undefined;

async function serve(request: PackingRequest): Promise<void> {
  if (request.kind === 'start') {
    packing = createSealer(request.key).then((sealer) => new Packing(sealer, request.packBytes));
  }
  const ready = await packing;
  if (ready === undefined) throw new Error('not started');
  switch (request.kind) {
    case 'start':
      return;
    case 'batch':
      return ready.takeBatch(request.batch);
    case 'spare':
      return ready.takeSpare(request.buffer);
    case 'index':
      return ready.makeIndex(request.packs);
    case 'flush':
      return ready.flush();
  }
}

// What is thrown ends the thread and reaches the writer as its error.
port.on('message', (request: PackingRequest) => void serve(request));
