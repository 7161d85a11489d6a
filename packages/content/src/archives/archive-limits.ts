/** Bounds on what an archive may ask of its reader. */

export interface ArchiveLimits {
  /** A name, GNU long name or pax path, in bytes; checked before the name is read. */
  readonly nameBytesMax: number;
  /** One pax header. */
  readonly paxBytesMax: number;
  /** Any entry; kinds have their own caps below. */
  readonly entryBytesMax: number;
  readonly entriesMax: number;
  /** The whole tar stream, uncompressed. */
  readonly totalBytesMax: number;
  /** Uncompressed to compressed bytes, looked at once `ratioFloorBytes` came out. */
  readonly ratioMax: number;
  readonly ratioFloorBytes: number;
  /** Decoded at a time: large pieces are faster, small ones keep less in memory. */
  readonly pieceBytes: number;
  /** Entries refused before the whole archive is: so much damage is no archive any more. */
  readonly entriesRefusedMax: number;
  readonly controlBytesMax: number;
  readonly settingsBytesMax: number;
  readonly parcelBytesMax: number;
  readonly objectBytesMax: number;
  readonly itemBytesMax: number;
  readonly terrainBytesMax: number;
  /** Any asset; what is over the cap of its kind is kept up to this, and reported. */
  readonly assetBytesMax: number;
}

const MiB = 1024 * 1024;

/**
 * Generous for real worlds, small for memory: the largest body held is a terrain of 4096 x 4096 samples.
 * The ratio floor leaves room for that terrain when it is flat, which gzip shrinks a thousandfold.
 */
export const defaultArchiveLimits: ArchiveLimits = {
  nameBytesMax: 4096,
  paxBytesMax: 64 * 1024,
  entryBytesMax: 64 * MiB,
  entriesMax: 5_000_000,
  totalBytesMax: 1024 * 1024 * MiB,
  ratioMax: 200,
  ratioFloorBytes: 160 * MiB,
  pieceBytes: (3 * MiB) / 8,
  entriesRefusedMax: 10_000,
  controlBytesMax: 4 * MiB,
  settingsBytesMax: 4 * MiB,
  parcelBytesMax: 4 * MiB,
  objectBytesMax: 32 * MiB,
  itemBytesMax: MiB,
  terrainBytesMax: 64 * MiB,
  assetBytesMax: 32 * MiB,
};
