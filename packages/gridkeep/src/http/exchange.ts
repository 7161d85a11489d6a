/** One request to a port of simulators or viewers, before anybody has decided to read its body. */
import type { IncomingMessage } from 'node:http';
import type { AtOnce } from '@gridkeep/grid/at-once';

/** The body is larger than its place allows. */
export class BodyTooLargeError extends Error {
  override readonly name = 'BodyTooLargeError';
}

/** Too many bodies are on their way just now. */
export class ServerBusyError extends Error {
  override readonly name = 'ServerBusyError';
}

/** The client went away before its request was whole. */
export class ClientGoneError extends Error {
  override readonly name = 'ClientGoneError';
}

/** Bytes of bodies that a port holds in memory at a time. */
export class BodyBudget {
  #left: number;

  constructor(bytesMax: number) {
    this.#left = bytesMax;
  }

  /** False when there is no room. */
  take(bytes: number): boolean {
    if (bytes > this.#left) return false;
    this.#left -= bytes;
    return true;
  }

  give(bytes: number): void {
    this.#left += bytes;
  }
}

const noBody = new Uint8Array(0);

export class Exchange {
  readonly method: string;
  /** Without the query, repeated slashes as one: simulators with a slash too many in an address ask for //assets/…. */
  readonly path: string;
  /** What follows the question mark. */
  readonly query: string;
  /** IP address of the peer. */
  readonly peer: string;
  readonly #request: IncomingMessage;
  readonly #budget: BodyBudget;
  #taken = 0;
  #read = false;

  constructor(request: IncomingMessage, peer: string, budget: BodyBudget) {
    const url = request.url ?? '/';
    const query = url.indexOf('?');
    this.method = request.method ?? 'GET';
    this.path = collapseSlashes(query < 0 ? url : url.slice(0, query));
    this.query = query < 0 ? '' : url.slice(query + 1);
    this.peer = peer;
    this.#request = request;
    this.#budget = budget;
  }

  /** Looks a header up by its name in lower case; the first, when there are several. */
  readonly header = (name: string): string | undefined => {
    const value = this.#request.headers[name];
    return typeof value === 'string' ? value : value?.[0];
  };

  /**
   * The first header of that name (in lower case). For what is asked of every request: it does without the table of all
   * headers, which takes longer to make than a small asset to send.
   */
  firstHeader(name: string): string | undefined {
    const raw = this.#request.rawHeaders;
    for (let at = 0; at < raw.length; at += 2) {
      const key = raw[at];
      if (key !== undefined && key.length === name.length && key.toLowerCase() === name) return raw[at + 1];
    }
    return undefined;
  }

  get hasBody(): boolean {
    const length = this.firstHeader('content-length');
    return length === undefined ? this.firstHeader('transfer-encoding') !== undefined : length !== '0';
  }

  /** A body is under way that nobody has read to its end. */
  get unread(): boolean {
    return !this.#read && this.hasBody;
  }

  /** The whole body; without a promise when there is none. Throws BodyTooLargeError, ServerBusyError, ClientGoneError. */
  body(bytesMax: number): AtOnce<Uint8Array> {
    return this.hasBody ? this.#readBody(bytesMax) : noBody;
  }

  /** The answer is on its way: the room of the body is free for others. */
  end(): void {
    this.#budget.give(this.#taken);
    this.#taken = 0;
  }

  #readBody(bytesMax: number): Promise<Uint8Array> {
    const request = this.#request;
    const announced = Number(this.firstHeader('content-length') ?? 0);
    if (announced > bytesMax) return Promise.reject(new BodyTooLargeError('body too large'));
    // Nothing more is heard of a request whose client went away before.
    if (request.destroyed) return Promise.reject(new ClientGoneError('the client went away'));
    return new Promise((resolve, reject) => {
      const chunks: Buffer[] = [];
      let size = 0;
      const stop = (error: Error): void => {
        request.off('data', take);
        request.pause();
        reject(error);
      };
      const take = (chunk: Buffer): void => {
        size += chunk.length;
        if (size > bytesMax) return stop(new BodyTooLargeError('body too large'));
        if (!this.#budget.take(chunk.length)) return stop(new ServerBusyError('too many bodies at once'));
        this.#taken += chunk.length;
        chunks.push(chunk);
      };
      request.on('data', take);
      request.once('end', () => {
        this.#read = true;
        const [only] = chunks;
        resolve(only !== undefined && chunks.length === 1 ? only : Buffer.concat(chunks, size));
      });
      request.once('close', () => {
        // Comes after every request; making an error costs more than answering one.
        if (!this.#read) reject(new ClientGoneError('the client went away'));
      });
    });
  }
}

function collapseSlashes(path: string): string {
  return path.includes('//') ? path.replaceAll(/\/{2,}/g, '/') : path;
}
