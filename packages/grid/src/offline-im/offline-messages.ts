/**
 * Instant messages for people who are away, kept until they come back. Source of the rules:
 * OpenSim/Addons/OfflineIM/Service/OfflineIMService.cs
 *
 * Nobody confirms that messages have arrived. What is given out is therefore only marked, and deleted once the reply has
 * been written; a mark without that (the simulator hung up, the program was killed) lapses, and the messages are given out
 * again. So none is lost on the way, none is shown twice while all goes well, and two calls at once share nothing.
 */
import type { Database } from '@gridkeep/storage/database/database';
import type { Uuid } from '@gridkeep/wire/uuid';
import { chunked } from '../chunks.ts';
import type { Settings } from '../settings/settings.ts';
import { storableText } from '../text.ts';
import type { OfflineMessage } from './offline-message.ts';
import * as store from './offline-messages-store.ts';

export interface OfflineMessagesOptions {
  readonly database: Database;
  readonly settings: Pick<Settings, 'read'>;
  /** Unix milliseconds; for tests. */
  readonly now?: () => number;
}

/** Messages on their way to somebody. */
export interface TakenMessages {
  /** Oldest first. */
  readonly messages: readonly OfflineMessage[];
  /** Forgets them for good: to be called when the reply has been written. Without it they come again after two minutes. */
  readonly delivered: () => Promise<void>;
}

const senderNameMax = 255;
/** UTF-16 units; viewers write about 1,000. */
export const offlineMessageMax = 16_384;
export const offlineBucketMax = 65_536;
/** Given out in one call; what is more comes with the next one. */
const takeMax = 500;
/** Longer than simulators wait for a reply (100 s), in milliseconds. */
const markMs = 120_000;
const lifeMs = 14 * 24 * 3_600_000;

export class OfflineMessages {
  readonly #database: Database;
  readonly #settings: Pick<Settings, 'read'>;
  readonly #now: () => number;

  constructor({ database, settings, now = Date.now }: OfflineMessagesOptions) {
    this.#database = database;
    this.#settings = settings;
    this.#now = now;
  }

  async take(userId: Uuid): Promise<TakenMessages> {
    const now = this.#now();
    const taken = await store.takeMessages(this.#database, userId, {
      ...{ takenBefore: now - markMs, now, limit: takeMax },
    });
    return {
      messages: taken.map(({ message }) => message),
      delivered: async () => {
        for await (const chunk of chunked(taken))
          await store.deleteMessages(
            this.#database,
            chunk.map(({ id }) => id),
          );
      },
    };
  }

  /** Refused with a reason for the sender: the recipient has too many, or the message breaks a rule. */
  async store(message: OfflineMessage): Promise<'stored' | { readonly refused: string }> {
    const rule = brokenRule(message);
    if (rule !== undefined) return { refused: rule };
    const { offlineMessagesMax } = await this.#settings.read();
    if ((await store.countMessagesTo(this.#database, message.toId)) >= offlineMessagesMax)
      return { refused: 'Number of offline IMs has maxed out' };
    const storable: OfflineMessage = {
      ...message,
      fromName: storableText(message.fromName, senderNameMax),
      message: storableText(message.message, offlineMessageMax),
      binaryBucket: storableText(message.binaryBucket, offlineBucketMax),
    };
    await store.insertMessage(this.#database, storable, this.#now());
    return 'stored';
  }

  /** Messages to and from the user; returns how many. */
  async deleteOf(userId: Uuid): Promise<number> {
    return store.deleteMessagesOf(this.#database, userId);
  }

  /** Forgets what was stored more than 14 days ago; returns how many. */
  async cleanOld(): Promise<number> {
    return store.deleteMessagesBefore(this.#database, this.#now() - lifeMs);
  }
}

/**
 * A number that a simulator cannot parse makes the whole list unreadable for it, so none is ever stored. Cut hexadecimal
 * text would be another message.
 */
function brokenRule(message: OfflineMessage): string | undefined {
  if (![message.dialog, message.offline].every((value) => isWholeTo(value, 255)))
    return 'The kind of message is not a byte';
  if (![message.estateId, message.timestamp].every((value) => isWholeTo(value, 2 ** 32 - 1)))
    return 'Estate or time is not a 32-bit number';
  if (![message.position.x, message.position.y, message.position.z].every(Number.isFinite))
    return 'The position is no position';
  if (message.message.length > offlineMessageMax) return 'The message is too long';
  return message.binaryBucket.length > offlineBucketMax ? 'The data of the message are too long' : undefined;
}

function isWholeTo(value: number, max: number): boolean {
  return Number.isInteger(value) && value >= 0 && value <= max;
}
