/** What a grid does without being asked, such as clearing stale sessions. Started and stopped with a server, never by commands. */
export interface BackgroundWork {
  /** For logs. */
  readonly name: string;
  /** Called once. Failures of the work itself are the work's to report. */
  start(): void;
  /** Resolves when nothing of it uses the database any more. */
  stop(): Promise<void>;
}
