import { LineLimit, type LineRate } from './line-limit.ts'
import type { Logger } from './logger.ts'
import { visibleText } from './visible-text.ts'

/** Longest line as it is logged, in bytes, escapes and all. */
const maxLineBytes = 8192

const rate: LineRate = { linesPerSecond: 100, burstLines: 500 }

/**
 * What a module prints, in the log of its host: nothing of it raw, and no more than the log can take.
 * Of a flood a part is told, then how many lines were not.
 */
export class ConsoleLog {
  readonly #log: Logger
  readonly #limit: LineLimit

  /** @param now Milliseconds on a clock that does not go back. Default: `performance.now()`. */
  constructor(log: Logger, now: () => number = () => performance.now()) {
    this.#log = log
    this.#limit = new LineLimit(rate, now)
  }

  print(text: string): void {
    if (!this.#limit.admit()) return
    this.flush()
    this.#log.info('provider console', { text: visibleText(text, maxLineBytes) })
  }

  /** Tells of the lines that were left out since this was told last. */
  flush(): void {
    const suppressed = this.#limit.takeSuppressed()
    if (suppressed > 0) this.#log.warn('provider console lines suppressed', { suppressed })
  }
}
