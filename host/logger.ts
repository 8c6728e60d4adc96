/**
 * Where the host and its providers say what happened. The message is a constant; what varies goes
 * into `facts`, so that a log can be searched and counted.
 */
export interface Logger {
  debug(message: string, facts?: LogFacts): void
  info(message: string, facts?: LogFacts): void
  warn(message: string, facts?: LogFacts): void
  error(message: string, facts?: LogFacts): void
  /** A logger that adds `facts` to every line. */
  child(facts: LogFacts): Logger
}

/** What a log line is about, by name: `actor`, `contractId`, `operation`, `durationMs` … */
export type LogFacts = Readonly<Record<string, unknown>>

const ignore = (): void => {}

/** Says nothing. The default of an embedded host. */
export const silentLogger: Logger = {
  debug: ignore,
  info: ignore,
  warn: ignore,
  error: ignore,
  child: () => silentLogger,
}
