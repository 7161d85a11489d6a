/** Credentials of targets stand in the host database under the key file, apart from the addresses. */
import type { CustodyKey } from './custody-key.ts';
import type { VaultPlace } from './vault-place.ts';
import type { TargetRow } from './vault-tables.ts';

/** Null when neither address has any. */
export async function sealCredentials(
  custody: CustodyKey,
  slug: string,
  place: VaultPlace,
  cold: VaultPlace | undefined,
): Promise<Buffer | null> {
  if (place.credentials === undefined && cold?.credentials === undefined) return null;
  const text = JSON.stringify([place.credentials ?? null, cold?.credentials ?? null]);
  return custody.seal('target credentials', slug, Buffer.from(text, 'utf8'));
}

/** Throws a VaultError `key-file`. */
export async function placesOf(
  custody: CustodyKey,
  row: TargetRow,
): Promise<{ readonly place: VaultPlace; readonly cold: VaultPlace | undefined }> {
  let own: unknown = [null, null];
  if (row.credentials !== null)
    own = JSON.parse((await custody.open('target credentials', row.slug, row.credentials)).toString('utf8'));
  const [hot, cold]: readonly unknown[] = Array.isArray(own) ? own : [];
  const withOwn = (address: string, credentials: unknown): VaultPlace =>
    typeof credentials === 'string' ? { address, credentials } : { address };
  return {
    place: withOwn(row.address, hot),
    cold: row.cold_address === null ? undefined : withOwn(row.cold_address, cold),
  };
}
