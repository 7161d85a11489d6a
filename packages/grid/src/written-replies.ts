/** Replies about records that are often asked for: each is written once and kept as long as its record is in memory. */
import { formReply } from './robust-form.ts';
import type { FormAnswer, WrittenAnswer } from './robust-form.ts';

export class WrittenReplies<T extends object> {
  readonly #written = new WeakMap<T, { readonly stamp: string; readonly answer: WrittenAnswer }>();
  readonly #write: (record: T, stamp: string) => FormAnswer;

  /** `write` depends on nothing but the record, which never changes itself, and the stamp. */
  constructor(write: (record: T, stamp: string) => FormAnswer) {
    this.#write = write;
  }

  of(record: T, stamp = ''): WrittenAnswer {
    const known = this.#written.get(record);
    if (known?.stamp === stamp) return known.answer;
    const answer = { document: formReply(this.#write(record, stamp)).body };
    this.#written.set(record, { stamp, answer });
    return answer;
  }
}
