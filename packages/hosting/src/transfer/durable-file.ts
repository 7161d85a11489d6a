/** A file that is there whole or not at all. */
import type { FileHandle } from 'node:fs/promises';
import { link, open, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

/** The target exists and was not to be replaced. */
export class FileExistsError extends Error {
  override readonly name = 'FileExistsError';
  constructor(path: string) {
    super(`${path} exists already: remove it, or save with --overwrite`);
  }
}

export interface DurableFileOptions {
  /** Whose file this is: a try after a kill writes over what the one before left beside the target. */
  readonly writer: string;
  readonly overwrite: boolean;
  readonly signal?: AbortSignal;
  readonly onBytes?: (written: number) => void;
}

/**
 * Writes the stream beside its target, flushes it, then gives it the target's name; returns its bytes. When anything
 * fails nothing is left. Without `overwrite` an existing target is never touched, even one that appears meanwhile.
 */
export async function writeDurableFile(
  path: string,
  content: AsyncIterable<Uint8Array>,
  options: DurableFileOptions,
): Promise<number> {
  const partial = join(dirname(path), `.${basename(path).slice(0, 100)}.${options.writer}.partial`);
  const file = await open(partial, 'w');
  try {
    const size = await writeAll(file, content, options);
    await file.datasync();
    await file.close();
    await publish(partial, path, options.overwrite);
    await flushFolder(dirname(path));
    return size;
  } catch (error) {
    await file.close().catch(() => undefined);
    await rm(partial, { force: true });
    throw error;
  }
}

async function writeAll(
  file: FileHandle,
  content: AsyncIterable<Uint8Array>,
  options: DurableFileOptions,
): Promise<number> {
  let written = 0;
  for await (const chunk of content) {
    options.signal?.throwIfAborted();
    for (let from = 0; from < chunk.length;) from += (await file.write(chunk, from)).bytesWritten;
    written += chunk.length;
    options.onBytes?.(written);
  }
  return written;
}

async function publish(partial: string, path: string, overwrite: boolean): Promise<void> {
  if (overwrite) {
    await rename(partial, path);
    return;
  }
  try {
    // Unlike rename, link never replaces.
    await link(partial, path);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') throw new FileExistsError(path);
    throw error;
  }
  await rm(partial);
}

async function flushFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
