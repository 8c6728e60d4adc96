import type { LogLine, LogSource } from '../control/index.ts'

/** Lines that are kept for those who ask later. */
const linesKept = 200

/** Hands the lines of a log on to those who listen, with the last ones from before. */
export class LogTap implements LogSource {
  readonly #recent: LogLine[] = []
  readonly #listeners = new Set<(line: LogLine) => void>()

  get recent(): readonly LogLine[] {
    return this.#recent
  }

  onLine(listener: (line: LogLine) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** @param text A line as it was logged: JSON, secrets hidden. */
  write(text: string): void {
    const line = JSON.parse(text) as LogLine
    this.#recent.push(line)
    if (this.#recent.length > linesKept) this.#recent.shift()
    for (const listener of this.#listeners) listener(line)
  }
}
