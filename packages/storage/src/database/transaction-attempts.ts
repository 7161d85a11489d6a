import { setTimeout as sleep } from 'node:timers/promises';
import { isRetryable } from './database-errors.ts';

const firstPauseMs = 5;
const pauseMsMax = 500;

/** Tries again what collided, after a random pause that doubles, so that the same two do not meet again. */
export async function withRetries<T>(retries: number, attempt: () => Promise<T>): Promise<T> {
  for (let tried = 0; ; tried += 1) {
    try {
      return await attempt();
    } catch (error) {
      if (tried >= retries || !isRetryable(error)) throw error;
      await sleep(Math.random() * Math.min(pauseMsMax, firstPauseMs * 2 ** tried));
    }
  }
}
