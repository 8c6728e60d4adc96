/** How many lines may pass. */
export interface LineRate {
  readonly linesPerSecond: number
  readonly burstLines: number
}

/**
 * Lets lines pass up to a rate. After too many it lets none pass until a second's worth (or a burst,
 * where that is less) may, so that a flood shows up as few gaps with a count, not as many.
 */
export class LineLimit {
  readonly #rate: LineRate
  readonly #now: () => number
  #available: number
  #countedAt: number
  #closed = false
  #suppressed = 0

  /** @param now Milliseconds on a clock that does not go back. */
  constructor(rate: LineRate, now: () => number) {
    this.#rate = rate
    this.#now = now
    this.#available = rate.burstLines
    this.#countedAt = now()
  }

  /** Whether the next line may pass. One that may not is counted. */
  admit(): boolean {
    const { linesPerSecond, burstLines } = this.#rate
    const now = this.#now()
    const earned = ((now - this.#countedAt) * linesPerSecond) / 1000
    this.#available = Math.min(this.#available + earned, burstLines)
    this.#countedAt = now
    if (this.#available >= Math.min(linesPerSecond, burstLines)) this.#closed = false
    if (this.#closed || this.#available < 1) {
      this.#closed = true
      this.#suppressed++
      return false
    }
    this.#available--
    return true
  }

  /** How many lines did not pass since this was last asked. */
  takeSuppressed(): number {
    const suppressed = this.#suppressed
    this.#suppressed = 0
    return suppressed
  }
}
