/**
 * `npm run bench [-- NAME…]`: measures, each figure as a ratio against a peer or a limit in the same run.
 * Names are the files of this folder's `cases/`; without one all run. Results go to standard output as a table.
 */
import { cpus, release } from 'node:os';
import { globSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { BenchCase, Measurement } from './measurement.ts';

function isCase(value: unknown): value is BenchCase {
  return typeof value === 'object' && value !== null && 'title' in value && 'run' in value;
}

const wanted = process.argv.slice(2);
const files = globSync('cases/*.ts', { cwd: import.meta.dirname }).sort();
const chosen = files.filter((file) => wanted.length === 0 || wanted.includes(basename(file, '.ts')));
if (chosen.length === 0) {
  console.error(`no such case; there are: ${files.map((file) => basename(file, '.ts')).join(', ')}`);
  process.exit(2);
}

console.log(
  `Node ${process.version}, ${cpus().length} × ${cpus()[0]?.model ?? 'unknown CPU'}, Linux ${release()}`,
);
for (const file of chosen) {
  const module: unknown = await import(pathToFileURL(resolve(import.meta.dirname, file)).href);
  if (typeof module !== 'object' || module === null || !('default' in module) || !isCase(module.default)) {
    throw new Error(`${file} exports no case`);
  }
  console.log(`\n${basename(file, '.ts')}: ${module.default.title}`);
  for (const row of await module.default.run()) console.log(format(row));
}

function format(row: Measurement): string {
  const parts = [`  ${row.what}: ${row.figure}`];
  if (row.peer !== undefined) parts.push(`against ${row.peer}`);
  if (row.ratio !== undefined) parts.push(`ratio ${row.ratio.toFixed(2)}`);
  if (row.goal !== undefined) parts.push(`goal ${row.goal}`);
  return parts.join(' | ');
}
