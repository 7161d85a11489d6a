import type { LoadedContent, SavedContent } from '../jobs/archive-results.ts';
import { formatBytes } from './format.ts';

/** What a load did with the assets, and what it found wrong. */
export function loadedText(loaded: LoadedContent): string {
  const { assets, missing, missingCount, findings } = loaded;
  return [
    `${assets.created} assets are new to the grid, ${assets.existing} were there; ` +
      `${formatBytes(loaded.newBlobBytes)} of new content stored.`,
    ...(assets.conflicting === 0
      ? []
      : [
          `${assets.conflicting} ids have other content on this grid, which stays: ${assets.conflicts.join(' ')}`,
        ]),
    ...(loaded.entriesRefused === 0 ? [] : [`${loaded.entriesRefused} entries could not be used.`]),
    ...missingTexts(missing, missingCount),
    ...findings.map(
      ({ severity, rule, entry, message }) =>
        `${severity} ${rule}: ${entry === null ? '' : `${entry}: `}${message}`,
    ),
  ].join('\n');
}

export function savedText(saved: SavedContent): string {
  return [
    `The archive has ${formatBytes(saved.bytes)}.`,
    ...(saved.lostCount === 0
      ? []
      : [`${saved.lostCount} have lost their content and are not in the archive:`]),
    ...saved.lost.map(({ what, id, name }) => `  ${what} ${id} ${name}`.trimEnd()),
    ...missingTexts(saved.missing, saved.missingCount),
  ].join('\n');
}

function missingTexts(missing: LoadedContent['missing'], count: number): readonly string[] {
  if (count === 0) return [];
  return [
    `${count} assets are missing${count > missing.length ? `, the first ${missing.length} of them` : ''}:`,
    ...missing.map(({ id, wantedBy }) => `  ${id}, wanted by ${wantedBy}`),
  ];
}
