/** Structured logs on standard error: JSON lines, or readable ones when a person looks at them. */
import { isatty } from 'node:tty';
import pino from 'pino';
import type { Logger } from 'pino';
import type { LogLevel } from '../configuration/configuration.ts';

export type { Logger };

const standardError = 2;

/** Written synchronously: what is logged before a crash is seen. Nothing on a hot path logs. */
export async function createLogger(level: LogLevel): Promise<Logger> {
  const options = { level, base: { pid: process.pid }, timestamp: pino.stdTimeFunctions.isoTime };
  if (!isatty(standardError)) return pino(options, pino.destination({ fd: standardError, sync: true }));
  const { default: pretty } = await import('pino-pretty');
  return pino(
    options,
    pretty({
      destination: standardError,
      sync: true,
      colorize: process.env['NO_COLOR'] === undefined,
      translateTime: 'SYS:HH:MM:ss',
      ignore: 'pid',
    }),
  );
}
