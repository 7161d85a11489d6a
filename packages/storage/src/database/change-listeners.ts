/** Who in this process wants to hear which records changed. */
/** A topic that stands for all: listeners are told undefined. */
export const everythingChanged = '*';

const topicForm = /^[!-~]{1,200}$/;

export class ChangeListeners {
  readonly #listeners = new Set<(topic: string | undefined) => void>();

  add(listener: (topic: string | undefined) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  tell(topic: string | undefined): void {
    const told = topic === everythingChanged ? undefined : topic;
    for (const listener of this.#listeners) listener(told);
  }
}

/** Throws a RangeError; topics are made of constants and ids, so a bad one is a mistake in the program. */
export function checkedTopic(topic: string): string {
  if (!topicForm.test(topic)) throw new RangeError(`not a topic: ${JSON.stringify(topic.slice(0, 80))}`);
  return topic;
}
