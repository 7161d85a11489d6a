/** The grain of a restore as jobs and the ledger hold it. */
import type { Uuid } from '@gridkeep/wire/uuid';
import Type from 'typebox';

export const storedUuidSchema = Type.Unsafe<Uuid>(
  Type.String({ pattern: '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' }),
);
const uuid = storedUuidSchema;

/** Of a RestoreScope. */
export const restoreScopeSchema = Type.Union([
  Type.Object({ kind: Type.Literal('grid') }),
  Type.Object({ kind: Type.Literal('region'), regionId: uuid }),
  Type.Object({ kind: Type.Literal('inventory'), residentId: uuid }),
  Type.Object({ kind: Type.Literal('folder'), residentId: uuid, folderId: uuid }),
  Type.Object({ kind: Type.Literal('item'), residentId: uuid, itemId: uuid }),
  Type.Object({ kind: Type.Literal('object'), regionId: uuid, objectId: uuid }),
  Type.Object({ kind: Type.Literal('asset'), assetId: uuid }),
]);
