/**
 * Records gathered while an archive streams by, put into the database only at its end. They wait in a file, so that
 * memory does not grow with the archive. The file needs no fsync: a load that is killed starts over.
 */
import { createReadStream } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { open, rm } from 'node:fs/promises';

/** How one record stands on a line. `decode` throws for a line that `encode` would not make. */
export interface LineCodec<T> {
  encode(record: T): string;
  decode(line: string): T;
}

const bufferedCharactersMax = 256 * 1024;

export class RecordSpool<T> {
  readonly #path: string;
  readonly #file: FileHandle;
  readonly #codec: LineCodec<T>;
  #lines: string[] = [];
  #buffered = 0;
  #count = 0;
  #written: Promise<void> = Promise.resolve();

  private constructor(path: string, file: FileHandle, codec: LineCodec<T>) {
    this.#path = path;
    this.#file = file;
    this.#codec = codec;
  }

  /** Makes the file, which must not exist yet. */
  static async create<T>(path: string, codec: LineCodec<T>): Promise<RecordSpool<T>> {
    return new RecordSpool(path, await open(path, 'wx', 0o600), codec);
  }

  get count(): number {
    return this.#count;
  }

  async add(record: T): Promise<void> {
    const line = this.#codec.encode(record);
    if (line.includes('\n')) throw new Error('a spooled record must be one line');
    this.#lines.push(line);
    this.#buffered += line.length + 1;
    this.#count += 1;
    if (this.#buffered >= bufferedCharactersMax) await this.#write();
  }

  /** All records added so far, in order; may be read again. */
  async *read(): AsyncGenerator<T> {
    await this.#write();
    // Not node:readline, which also ends lines at U+2028 and U+2029: names may hold these.
    let rest = '';
    for await (const chunk of createReadStream(this.#path, {
      encoding: 'utf8',
      highWaterMark: bufferedCharactersMax,
    })) {
      const lines = (rest + String(chunk)).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) yield this.#codec.decode(line);
    }
  }

  /** Removes the file. */
  async discard(): Promise<void> {
    await this.#file.close();
    await rm(this.#path, { force: true });
  }

  /** One write after the other: two at once could mix their lines. */
  async #write(): Promise<void> {
    if (this.#lines.length > 0) {
      const text = `${this.#lines.join('\n')}\n`;
      this.#lines = [];
      this.#buffered = 0;
      this.#written = this.#written.then(() => this.#file.appendFile(text));
    }
    await this.#written;
  }
}
