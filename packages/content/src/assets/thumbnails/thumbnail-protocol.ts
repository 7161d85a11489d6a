/** What the thumbnailer and its worker thread say to each other. */

export interface ThumbnailRequest {
  readonly bytes: Uint8Array;
  /** Pixels of the longer side of the result. */
  readonly sideMax: number;
}

export interface Thumbnail {
  /** Pixels. */
  readonly width: number;
  readonly height: number;
  readonly png: Uint8Array;
}

export type ThumbnailReply = { readonly thumbnail: Thumbnail } | { readonly problem: string };
