/** Starts a thread on one of our `.ts` files. */
import { getCompileCacheDir } from 'node:module';
import { Worker } from 'node:worker_threads';

/**
 * Without the compile cache each thread loads a TypeScript parser of its own, some 25 MB resident. A thread does not
 * inherit the cache of its process, so it is switched on before the file is imported.
 */
const enterCached =
  "const { workerData } = require('node:worker_threads');" +
  "require('node:module').enableCompileCache(workerData.cache);" +
  'import(workerData.file);';

/** A thread passes rows on and keeps none: with more room for young objects it would only collect them later. */
const resourceLimits = { maxYoungGenerationSizeMb: 4 };

export function startThread(file: URL, name: string): Worker {
  const cache = getCompileCacheDir();
  return cache === undefined
    ? new Worker(file, { name, resourceLimits })
    : new Worker(enterCached, { name, resourceLimits, eval: true, workerData: { cache, file: file.href } });
}
