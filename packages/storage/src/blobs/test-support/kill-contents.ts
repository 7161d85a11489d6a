import { noise, prose } from './contents.ts';

/** The content that a child puts under a number. */
export function contentOf(number: number): Buffer {
  const length = number % 10 === 0 ? 9_000 + ((number * 37) % 30_000) : 10 + ((number * 7919) % 3_000);
  return number % 4 === 1 ? prose(number, length) : noise(number, length);
}

/** Two of three are referred to; the others may be swept. */
export function isLive(number: number): boolean {
  return number % 3 !== 0;
}
