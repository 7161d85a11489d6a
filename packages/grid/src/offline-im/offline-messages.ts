/** Instant messages for people who are away, kept until they come back. */
import type { Database } from '@gridkeep/storage/database/database';
import type { Uuid } from '@gridkeep/wire/uuid';
import type { Vector3 } from '@gridkeep/wire/vector';
import type { Settings } from '../settings/settings.ts';

/** OpenSim/Framework/GridInstantMessage.cs */
export interface OfflineMessage {
  readonly toId: Uuid;
  readonly fromId: Uuid;
  readonly fromName: string;
  readonly fromGroup: boolean;
  /** 0 to 255, as `offline`. */
  readonly dialog: number;
  readonly offline: number;
  readonly sessionId: Uuid;
  readonly message: string;
  /** Handed back as it came: simulators write it as hexadecimal text. */
  readonly binaryBucket: string;
  /** 0 to 4294967295, as `timestamp`. */
  readonly estateId: number;
  readonly regionId: Uuid;
  readonly position: Vector3;
  /** Unix seconds. */
  readonly timestamp: number;
}

export interface OfflineMessagesOptions {
  readonly database: Database;
  readonly settings: Settings;
}

/** Messages on their way to somebody. They come again a little later unless `delivered` was called. */
export interface TakenMessages {
  readonly messages: readonly OfflineMessage[];
  /** Forgets them for good: call it when the reply has been written. */
  readonly delivered: () => Promise<void>;
}

const unfinished = () => new Error('not there yet');

export class OfflineMessages {
  readonly options: OfflineMessagesOptions;

  constructor(options: OfflineMessagesOptions) {
    this.options = options;
  }

  take(_userId: Uuid): Promise<TakenMessages> {
    return Promise.reject(unfinished());
  }

  store(_message: OfflineMessage): Promise<'stored' | { readonly refused: string }> {
    return Promise.reject(unfinished());
  }

  /** Messages to and from the user; returns how many. */
  deleteOf(_userId: Uuid): Promise<number> {
    return Promise.reject(unfinished());
  }
}
