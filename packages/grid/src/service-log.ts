/** Where services tell operators what they should know; pino's loggers fit. Neither fields nor message hold secrets. */
export interface ServiceLog {
  info(fields: Readonly<Record<string, unknown>>, message: string): void;
  warn(fields: Readonly<Record<string, unknown>>, message: string): void;
  error(fields: Readonly<Record<string, unknown>>, message: string): void;
}

export const silentLog: ServiceLog = {
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};
