/** What goes to and from the thread that reckons parity: one request at a time, one reply each. */
import type { GroupPlan } from './group-plan.ts';

export type EncoderRequest =
  | { readonly do: 'begin'; readonly plan: GroupPlan }
  | { readonly do: 'add'; readonly file: number; readonly offset: number; readonly bytes: Uint8Array }
  | { readonly do: 'parity file'; readonly column: number }
  | { readonly do: 'end' };

export type EncoderReply =
  | { readonly is: 'done' }
  | { readonly is: 'hash'; readonly sha256: string | undefined }
  | { readonly is: 'file'; readonly bytes: Uint8Array }
  | { readonly is: 'failed'; readonly message: string };
