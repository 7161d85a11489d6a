/** What a command line shows: one JSON document, or text with everything that could steer a terminal taken out. */
import type { Outcome } from '../commands/command.ts';
import type { ErrorDescription } from '../commands/describe-error.ts';

export interface Streams {
  readonly out: NodeJS.WritableStream;
  readonly err: NodeJS.WritableStream;
}

export function printOutcome(streams: Streams, outcome: Outcome, json: boolean): void {
  if (json) streams.out.write(`${JSON.stringify(outcome.data, undefined, 2)}\n`);
  else if (outcome.text !== '') streams.out.write(`${harmless(outcome.text)}\n`);
}

export function printError(streams: Streams, error: ErrorDescription, json: boolean): void {
  const { code, message } = error;
  if (json) streams.out.write(`${JSON.stringify({ error: { code, message } }, undefined, 2)}\n`);
  else streams.err.write(`error: ${harmless(message)}\n`);
}

/** Names in archives may hold escape sequences: control characters but line ends and tabs become U+FFFD. */
export function harmless(text: string): string {
  return text.replaceAll(/[^\P{Cc}\n\t]/gu, '\u{fffd}');
}
