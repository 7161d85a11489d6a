/** Lets loops in this process sleep until something changed or a time is over. */
export class ChangeSignal {
  readonly #sleepers = new Set<() => void>();

  /** Wakes everybody who sleeps now. */
  notify(): void {
    for (const wake of [...this.#sleepers]) wake();
  }

  /** Resolves at the next notify, after `ms`, or when the signal is aborted; never rejects. */
  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const wake = () => {
        clearTimeout(timer);
        this.#sleepers.delete(wake);
        signal?.removeEventListener('abort', wake);
        resolve();
      };
      const timer = setTimeout(wake, ms);
      if (signal?.aborted === true) wake();
      else {
        this.#sleepers.add(wake);
        signal?.addEventListener('abort', wake);
      }
    });
  }
}
