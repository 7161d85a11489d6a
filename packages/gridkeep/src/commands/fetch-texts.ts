/** How people are told what a restore needs from cold storage. */
import type { VaultJobResult } from '../jobs/vault-job-inputs.ts';
import { formatBytes } from './format.ts';
import { fieldOf, numberField, textField } from './report-fields.ts';

/** False: that cannot be said before something was fetched. */
export function isKnown({ report }: VaultJobResult): boolean {
  return fieldOf(report, 'counts') !== undefined;
}

/** What has to come from cold storage first; nothing when all is at hand. */
export function fetchNeeded({ report }: VaultJobResult): readonly string[] {
  const fetch = fieldOf(report, 'fetch');
  const packs = numberField(fetch, 'packs') ?? 0;
  if (packs === 0) return [];
  const more = fieldOf(fetch, 'complete') === true ? '' : 'at least ';
  return [
    `needs ${more}${packs} packs (${formatBytes(numberField(fetch, 'bytes') ?? 0)}) fetched from ${textField(fetch, 'place') ?? ''} first`,
  ];
}

export function fetchLines(result: VaultJobResult): readonly string[] {
  return fetchNeeded(result).map(
    (needed) => `FROM COLD STORAGE: it ${needed}; --fetch asks for them and waits.`,
  );
}
