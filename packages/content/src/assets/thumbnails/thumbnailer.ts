/**
 * Small PNG pictures of JPEG 2000 textures. Decoding happens in a worker thread with limits on pixels, memory and time,
 * because textures come from strangers and a kilobyte can claim billions of pixels.
 */
import { Worker } from 'node:worker_threads';
import { AssetTypes, assetKind } from '../asset-kinds.ts';
import { Jpeg2000Error, readJpeg2000Header } from '../jpeg2000.ts';
import type { Thumbnail, ThumbnailReply, ThumbnailRequest } from './thumbnail-protocol.ts';

export type { Thumbnail } from './thumbnail-protocol.ts';

export type ThumbnailFailure =
  /** No JPEG 2000 picture, or a damaged one. */
  | 'damaged'
  /** More pixels, tiles, components or bytes than are decoded here. */
  | 'too large'
  | 'timeout'
  /** The decoder died; the next request gets a new one. */
  | 'crashed'
  /** Too many requests are waiting; try again later. */
  | 'busy'
  | 'closed';

export class ThumbnailError extends Error {
  override readonly name = 'ThumbnailError';
  readonly reason: ThumbnailFailure;
  constructor(reason: ThumbnailFailure, message: string) {
    super(`${reason}: ${message}`);
    this.reason = reason;
  }
}

export interface ThumbnailerOptions {
  /** Pixels of the longer side of the result; smaller pictures stay as they are. Default 256. */
  readonly sideMax?: number;
  /** Pixels of the source. Default 4096 x 4096. */
  readonly pixelsMax?: number;
  /** For one picture, the start of the thread included. Default 10 000. */
  readonly timeoutMs?: number;
  /** Requests that may wait. Default 100. */
  readonly waitingMax?: number;
}

export interface Thumbnailer {
  /** Rejects with a ThumbnailError. The bytes must not change until it settles. */
  make(texture: Uint8Array): Promise<Thumbnail>;
  /** Rejects what waits and stops the thread. */
  close(): Promise<void>;
}

const sideDefault = 256;
const pixelsDefault = 4096 * 4096;
const timeoutDefaultMs = 10_000;
const waitingDefault = 100;
/** Of all requests that wait, together. */
const waitingBytesMax = 64 * 1024 * 1024;
/** Each tile costs memory before anything is decoded; viewers write one. */
const tilesMax = 1024;
const componentsMax = 5;
/** The decoder's own memory is limited apart from the thread's heap. */
const resourceLimits = { maxOldGenerationSizeMb: 128, maxYoungGenerationSizeMb: 32, stackSizeMb: 4 };

class Request {
  readonly bytes: Uint8Array;
  readonly settled = Promise.withResolvers<Thumbnail>();
  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }
}

/** Throws a ThumbnailError for what must not reach the decoder. */
function requireDecodable(texture: Uint8Array, pixelsMax: number): void {
  const { bytesMax } = assetKind(AssetTypes.texture);
  if (texture.length > bytesMax) throw new ThumbnailError('too large', `${texture.length} bytes`);
  try {
    const { width, height, tiles, components } = readJpeg2000Header(texture);
    if (width * height > pixelsMax) throw new ThumbnailError('too large', `${width} x ${height} pixels`);
    if (tiles > tilesMax) throw new ThumbnailError('too large', `${tiles} tiles`);
    if (components > componentsMax) throw new ThumbnailError('too large', `${components} components`);
  } catch (error) {
    if (error instanceof Jpeg2000Error) throw new ThumbnailError('damaged', error.message);
    throw error;
  }
}

/** A thread that answers each ThumbnailRequest with one ThumbnailReply. */
export function startThumbnailWorker(): Worker {
  const worker = new Worker(new URL('./thumbnail-worker.ts', import.meta.url), {
    resourceLimits,
    stdout: true,
    stderr: true,
  });
  // The decoder prints warnings about odd pictures.
  worker.stdout.resume();
  worker.stderr.resume();
  return worker;
}

class WorkerThumbnailer implements Thumbnailer {
  readonly #sideMax: number;
  readonly #pixelsMax: number;
  readonly #timeoutMs: number;
  readonly #waitingMax: number;
  readonly #waiting: Request[] = [];
  readonly #start: () => Worker;
  #current: Request | undefined;
  #worker: Worker | undefined;
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(options: ThumbnailerOptions, start: () => Worker) {
    this.#start = start;
    this.#sideMax = options.sideMax ?? sideDefault;
    this.#pixelsMax = options.pixelsMax ?? pixelsDefault;
    this.#timeoutMs = options.timeoutMs ?? timeoutDefaultMs;
    this.#waitingMax = options.waitingMax ?? waitingDefault;
  }

  async make(texture: Uint8Array): Promise<Thumbnail> {
    if (this.#closed) throw new ThumbnailError('closed', 'the thumbnailer is closed');
    if (this.#waiting.length >= this.#waitingMax)
      throw new ThumbnailError('busy', `${this.#waiting.length} pictures are waiting`);
    requireDecodable(texture, this.#pixelsMax);
    if (this.#waitingBytes() + texture.length > waitingBytesMax)
      throw new ThumbnailError('busy', `${waitingBytesMax} bytes of pictures are waiting`);
    const request = new Request(texture);
    this.#waiting.push(request);
    this.#next();
    return request.settled.promise;
  }

  async close(): Promise<void> {
    this.#closed = true;
    const error = new ThumbnailError('closed', 'the thumbnailer was closed');
    for (const request of this.#waiting.splice(0)) request.settled.reject(error);
    this.#finish()?.settled.reject(error);
    await this.#dropWorker();
  }

  #waitingBytes(): number {
    return this.#waiting.reduce((sum, request) => sum + request.bytes.length, 0);
  }

  #next(): void {
    if (this.#current !== undefined) return;
    this.#current = this.#waiting.shift();
    if (this.#current === undefined) {
      // An idle thread does not keep the program running.
      this.#worker?.unref();
      return;
    }
    this.#worker ??= this.#startWorker();
    this.#worker.ref();
    this.#timer = setTimeout(
      () => this.#giveUp('timeout', `no result in ${this.#timeoutMs} ms`),
      this.#timeoutMs,
    );
    const message: ThumbnailRequest = { bytes: this.#current.bytes, sideMax: this.#sideMax };
    this.#worker.postMessage(message);
  }

  #startWorker(): Worker {
    const worker = this.#start();
    worker.on('message', (reply: ThumbnailReply) => {
      if (worker !== this.#worker) return;
      const request = this.#finish();
      if ('thumbnail' in reply) request?.settled.resolve(reply.thumbnail);
      else request?.settled.reject(new ThumbnailError('damaged', reply.problem));
      this.#next();
    });
    worker.on('error', (error: Error) => {
      if (worker === this.#worker) this.#giveUp('crashed', error.message);
    });
    worker.on('exit', (code) => {
      if (worker === this.#worker) this.#giveUp('crashed', `the decoder ended with code ${code}`);
    });
    return worker;
  }

  /** Ends the current request's time and hands it over to be settled. */
  #finish(): Request | undefined {
    clearTimeout(this.#timer);
    const request = this.#current;
    this.#current = undefined;
    return request;
  }

  #giveUp(reason: ThumbnailFailure, message: string): void {
    const request = this.#finish();
    void this.#dropWorker();
    request?.settled.reject(new ThumbnailError(reason, message));
    this.#next();
  }

  async #dropWorker(): Promise<void> {
    const worker = this.#worker;
    this.#worker = undefined;
    await worker?.terminate();
  }
}

export function createThumbnailer(
  options: ThumbnailerOptions = {},
  start: () => Worker = startThumbnailWorker,
): Thumbnailer {
  return new WorkerThumbnailer(options, start);
}
