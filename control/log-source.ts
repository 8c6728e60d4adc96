/** A line of a log: `level`, `message`, and the facts of it by name. */
export type LogLine = Readonly<Record<string, unknown>> & {
  readonly level: string
  readonly message: string
}

/** A log that can be followed. */
export interface LogSource {
  /** The last lines from before, the oldest first. */
  readonly recent: readonly LogLine[]
  /** Hears every line from now on. @returns a function that stops it. */
  onLine(listener: (line: LogLine) => void): () => void
}
