/**
 * Puts of a load that are under way: enough of them at once that they share flushes, few enough that memory stays flat.
 */
/** A single larger put waits for itself alone. */
export const bytesInFlightMax = 4 * 1024 * 1024;
const putsInFlightMax = 128;

export class PutWindow {
  #bytes = 0;
  #puts = 0;
  #failure: { readonly error: unknown } | undefined;
  #wake: (() => void) | undefined;

  /** Starts the work; resolves at once while there is room, else when there is. Rejects with the first failure of any work. */
  async add(bytes: number, work: () => Promise<void>): Promise<void> {
    this.#throwFailure();
    this.#bytes += bytes;
    this.#puts += 1;
    work()
      .catch((error: unknown) => {
        this.#failure ??= { error };
      })
      .finally(() => {
        this.#bytes -= bytes;
        this.#puts -= 1;
        this.#wake?.();
      })
      .catch(() => undefined);
    await this.#until(() => this.#bytes <= bytesInFlightMax && this.#puts <= putsInFlightMax);
    this.#throwFailure();
  }

  /** Resolves when nothing is under way any more; rejects with the first failure. */
  async drain(): Promise<void> {
    await this.settle();
    this.#throwFailure();
  }

  /** As `drain`, for the way out of a failed load: never rejects. */
  async settle(): Promise<void> {
    await this.#until(() => this.#puts === 0);
  }

  /** One caller at a time waits: the reader of the archive. */
  async #until(reached: () => boolean): Promise<void> {
    while (!reached()) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      this.#wake = undefined;
    }
  }

  #throwFailure(): void {
    if (this.#failure !== undefined) throw this.#failure.error;
  }
}
