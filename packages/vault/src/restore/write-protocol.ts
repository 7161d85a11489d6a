/** What restore-folder.ts and write-worker.ts say to each other. */
import type { MasterKey } from '../sealing/master-key.ts';

export interface FileTimes {
  /** Unix milliseconds. */
  readonly modifiedAt: number;
  /** Permission bits. */
  readonly mode: number;
}

/** `blob` is its number in the region; with `whole` it is all of the file, which is then made, written and ended. */
export interface PieceToWrite {
  readonly blob: number;
  readonly path: string;
  readonly position: number;
  readonly whole?: FileTimes & { readonly size: number };
}

export interface SealedBlob {
  readonly id: string;
  /** In the bytes of the region. */
  readonly offset: number;
  /** Sealed. */
  readonly length: number;
  readonly uncompressedLength: number | undefined;
}

export type WriteRequest =
  | { readonly do: 'start'; readonly key: MasterKey }
  | { readonly do: 'folders'; readonly paths: readonly string[] }
  | {
      readonly do: 'region';
      readonly bytes: Uint8Array;
      readonly blobs: readonly SealedBlob[];
      readonly pieces: readonly PieceToWrite[];
    }
  /** Bytes that are open already. */
  | { readonly do: 'pieces'; readonly bytes: Uint8Array; readonly pieces: readonly PieceToWrite[] }
  /** Of files of several pieces. */
  | {
      readonly do: 'end files';
      readonly files: readonly (FileTimes & { readonly path: string; readonly size: number })[];
    }
  | { readonly do: 'remove files'; readonly paths: readonly string[] }
  | { readonly do: 'links'; readonly links: readonly { readonly path: string; readonly to: string }[] }
  | { readonly do: 'end folders'; readonly folders: readonly (FileTimes & { readonly path: string })[] };

/** `at` counts the things of the request; `isBlob`: the piece's blob did not open. */
export interface WriteFailure {
  readonly at: number;
  readonly reason: string;
  readonly isBlob: boolean;
}

export type WriteReply =
  | { readonly is: 'done'; readonly bytes: number; readonly failures: readonly WriteFailure[] }
  /** Nothing more can be written: the disk is full, or worse. */
  | { readonly is: 'broken'; readonly message: string };
