/** Names what damaged or lost blobs were: assets of grids, as people know them. */
import type { BlobId } from '@gridkeep/storage/blobs/blob-store';
import Type from 'typebox';
import type { GridTenants } from '../installation/grid-tenants.ts';

/** Assets named for one blob; the same content may stand under thousands of ids. */
const assetsNamedMax = 5;

export const userSchema = Type.Object({
  grid: Type.String(),
  asset: Type.String(),
  type: Type.Integer(),
  name: Type.String(),
});
export type BlobUser = Type.Static<typeof userSchema>;

export function userText(user: BlobUser): string {
  return `asset ${user.asset} ("${user.name}", type ${user.type}) of grid ${user.grid}`;
}

/** The assets of all grids that have this content, a few of them. */
export async function usersOfBlob(tenants: GridTenants, id: BlobId): Promise<BlobUser[]> {
  const users: BlobUser[] = [];
  for (const { slug } of await tenants.readAll()) {
    const { services } = await tenants.tenant(slug);
    const room = assetsNamedMax - users.length;
    if (room === 0) break;
    for (const asset of await services.assets.withBlob(id, room))
      users.push({ grid: slug, asset: asset.id, type: asset.type, name: asset.name });
  }
  return users;
}
