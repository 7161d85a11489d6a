/**
 * What goes over the control socket: `POST /commands` with a JSON document {command, input}; the answer is a stream of
 * JSON lines, any number of `progress` and `watching`, and one `outcome` or `error` at the end.
 */
import { tryParseUuid } from '@gridkeep/wire/uuid';
import Type from 'typebox';
import Value from 'typebox/value';
import { CommandError } from '../commands/command.ts';
import type { Outcome, Report } from '../commands/command.ts';

export const commandsPath = '/commands';
/** Inputs are flags and paths, never content. */
export const requestBytesMax = 1_048_576;

export const requestSchema = Type.Object(
  { command: Type.String(), input: Type.Unknown() },
  { additionalProperties: false },
);

const eventSchema = Type.Union([
  Type.Object({
    event: Type.Literal('progress'),
    progress: Type.Object({
      done: Type.Number(),
      total: Type.Optional(Type.Number()),
      unit: Type.Union([Type.Literal('bytes'), Type.Literal('items'), Type.Literal('steps')]),
      message: Type.Optional(Type.String()),
    }),
  }),
  Type.Object({ event: Type.Literal('watching'), job: Type.String() }),
  Type.Object({
    event: Type.Literal('outcome'),
    outcome: Type.Object({
      data: Type.Record(Type.String(), Type.Unknown()),
      text: Type.String(),
      exitCode: Type.Optional(Type.Union([Type.Literal(0), Type.Literal(1)])),
    }),
  }),
  Type.Object({
    event: Type.Literal('error'),
    error: Type.Object({ code: Type.String(), message: Type.String() }),
  }),
]);
export type ControlEvent = Type.Static<typeof eventSchema>;

/** Passes one line on to the report; the outcome when it was the last line. Throws the error that the line tells. */
export function readEvent(line: string, report: Report): Outcome | undefined {
  const event: unknown = JSON.parse(line);
  if (!Value.Check(eventSchema, event))
    throw new CommandError('protocol', 'the server sent an unknown event');
  switch (event.event) {
    case 'progress':
      report.progress(event.progress);
      return undefined;
    case 'watching': {
      const job = tryParseUuid(event.job);
      if (job !== undefined) report.watching(job);
      return undefined;
    }
    case 'outcome':
      return event.outcome;
    case 'error':
      throw new CommandError(event.error.code, event.error.message);
  }
}
