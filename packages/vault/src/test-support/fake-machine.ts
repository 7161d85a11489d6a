/** Clocks of a machine in a test, and time that passes only when told. */
import { randomUUID } from 'node:crypto';
import type { Clocks } from '../retention/vault-clock.ts';

export class FakeMachine implements Clocks {
  /** What really passed since the test began, milliseconds. */
  real = 0;
  #wallAhead: number;
  #boot = randomUUID();
  #bootedAt = -3_600_000;

  /** `start`: what the wall clock shows at first. */
  constructor(start: number) {
    this.#wallAhead = start;
  }

  wall(): number {
    return this.real + this.#wallAhead;
  }

  boot(): { id: string; ms: number } {
    return { id: this.#boot, ms: this.real - this.#bootedAt };
  }

  pass(ms: number): void {
    this.real += ms;
  }

  setWall(ms: number): void {
    this.#wallAhead = ms - this.real;
  }

  reboot(downMs = 0): void {
    this.pass(downMs);
    this.#boot = randomUUID();
    this.#bootedAt = this.real;
  }
}
