/** Snapshot files (restic: internal/data/snapshot.go). */
import { tryParseBlobId } from '@gridkeep/storage/blobs/blob-store';
import { FormatError } from './format-error.ts';
import { asArray, asCount, asId, asObject, asString, parseJson } from './json-input.ts';
import type { JsonObject } from './json-input.ts';
import type { Snapshot, SnapshotSummary } from './snapshot.ts';
import { formatTimestamp, parseTimestamp } from './timestamp.ts';

/** Of paths and of tags. */
const listMax = 100_000;

/** JSON, to be given to `packUnpacked`. */
export function writeSnapshot(snapshot: Snapshot): string {
  const { time, parent, tree, paths, hostname, username, tags, original, programVersion, summary } = snapshot;
  return JSON.stringify({
    time: formatTimestamp(time),
    parent,
    tree,
    // restic and rustic want a list here and none or a list for tags; never null.
    paths,
    hostname,
    username,
    tags: tags.length === 0 ? undefined : tags,
    original,
    program_version: programVersion,
    summary: summary === undefined ? undefined : writeSummary(summary),
  });
}

/** Throws FormatError. Fields that Gridkeep has no use for (uid, excludes, those of rustic) are passed over. */
export function readSnapshotFile(text: string): Snapshot {
  const file = asObject(parseJson(text, 'snapshot'), 'snapshot');
  const summary = file['summary'];
  return {
    time: parseTimestamp(file['time'], 'snapshot: time'),
    tree: asId(file['tree'], 'snapshot: tree'),
    ...optionalName(file, 'parent'),
    paths: texts(file['paths'], 'snapshot: paths'),
    hostname: asString(file['hostname'] ?? '', 'snapshot: hostname'),
    ...optionalText(file, 'username', 'username'),
    tags: texts(file['tags'], 'snapshot: tags'),
    ...optionalName(file, 'original'),
    ...optionalText(file, 'program_version', 'programVersion'),
    ...(summary === undefined || summary === null
      ? {}
      : { summary: readSummary(asObject(summary, 'snapshot: summary')) }),
  };
}

/** The name of another snapshot's file: only a hint, so what cannot be one is as good as none. */
function optionalName<K extends 'parent' | 'original'>(file: JsonObject, key: K): { [P in K]?: string } {
  const value = file[key];
  const name = typeof value === 'string' ? tryParseBlobId(value) : undefined;
  return name === undefined ? {} : one(key, name);
}

function optionalText<K extends 'username' | 'programVersion'>(
  file: JsonObject,
  key: string,
  name: K,
): { [P in K]?: string } {
  const value = file[key];
  if (value === undefined || value === null || value === '') return {};
  return one(name, asString(value, `snapshot: ${key}`));
}

function one<K extends string>(key: K, value: string): { [P in K]?: string } {
  const field: { [P in K]?: string } = {};
  field[key] = value;
  return field;
}

function texts(value: unknown, what: string): string[] {
  const list = asArray(value ?? [], what);
  if (list.length > listMax) throw new FormatError(`${what}: more than ${listMax}`);
  return list.map((entry) => asString(entry, what));
}

function writeSummary(summary: SnapshotSummary): JsonObject {
  return {
    backup_start: formatTimestamp(summary.backupStart),
    backup_end: formatTimestamp(summary.backupEnd),
    files_new: summary.filesNew,
    files_changed: summary.filesChanged,
    files_unmodified: summary.filesUnmodified,
    dirs_new: summary.dirsNew,
    dirs_changed: summary.dirsChanged,
    dirs_unmodified: summary.dirsUnmodified,
    data_blobs: summary.dataBlobs,
    tree_blobs: summary.treeBlobs,
    data_added: summary.dataAdded,
    data_added_packed: summary.dataAddedPacked,
    total_files_processed: summary.totalFilesProcessed,
    total_bytes_processed: summary.totalBytesProcessed,
  };
}

function readSummary(summary: JsonObject): SnapshotSummary {
  const count = (key: string): number => asCount(summary[key] ?? 0, `snapshot: summary: ${key}`);
  return {
    backupStart: parseTimestamp(summary['backup_start'], 'snapshot: summary: backup_start'),
    backupEnd: parseTimestamp(summary['backup_end'], 'snapshot: summary: backup_end'),
    filesNew: count('files_new'),
    filesChanged: count('files_changed'),
    filesUnmodified: count('files_unmodified'),
    dirsNew: count('dirs_new'),
    dirsChanged: count('dirs_changed'),
    dirsUnmodified: count('dirs_unmodified'),
    dataBlobs: count('data_blobs'),
    treeBlobs: count('tree_blobs'),
    dataAdded: count('data_added'),
    dataAddedPacked: count('data_added_packed'),
    totalFilesProcessed: count('total_files_processed'),
    totalBytesProcessed: count('total_bytes_processed'),
  };
}
