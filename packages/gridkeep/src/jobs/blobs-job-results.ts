/** The kinds of jobs on the blob store and what each reports; apart from the work, so that asking for it loads little. */
import Type from 'typebox';
import { userSchema } from './lost-content.ts';
import { damageSchema } from './verify-state.ts';

export const blobsVerifyKind = 'blobs-verify';

export const verifyResultSchema = Type.Object({
  blobs: Type.Integer(),
  bytes: Type.Integer(),
  /** The figures above count from where an earlier try had come. */
  resumed: Type.Boolean(),
  damageCount: Type.Integer(),
  damages: Type.Array(Type.Intersect([damageSchema, Type.Object({ usedBy: Type.Array(userSchema) })])),
});

export const blobsReindexKind = 'blobs-reindex';

export const reindexResultSchema = Type.Object({
  packs: Type.Integer(),
  blobs: Type.Integer(),
  /** Blobs that the old index did not know or had elsewhere. */
  recovered: Type.Integer(),
  lostCount: Type.Integer(),
  lost: Type.Array(Type.Object({ blob: Type.String(), pack: Type.String(), usedBy: Type.Array(userSchema) })),
  damageCount: Type.Integer(),
});

export const blobsCompactKind = 'blobs-compact';

export const compactResultSchema = Type.Object({
  swept: Type.Object({
    marked: Type.Integer(),
    deleted: Type.Integer(),
    deletedBytes: Type.Integer(),
    spared: Type.Integer(),
  }),
  compacted: Type.Object({
    packsRemoved: Type.Integer(),
    blobsMoved: Type.Integer(),
    bytesMoved: Type.Integer(),
    bytesFreed: Type.Integer(),
    packsDamaged: Type.Array(Type.String()),
  }),
});
