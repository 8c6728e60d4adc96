/** How much an actor may log. */
export interface LineRate {
  /** Lines a second over a longer time. */
  readonly linesPerSecond: number
  /** Lines at once. */
  readonly burstLines: number
}

/** A token bucket that counts what it turned away. */
export class LineBudget {
  readonly #now: () => number
  #lines: number
  #refilledAt: number
  #suppressed = 0

  /** @param now A clock in milliseconds that never goes back. */
  constructor(rate: LineRate, now: () => number) {
    this.#now = now
    this.#lines = rate.burstLines
    this.#refilledAt = now()
  }

  /** Whether one more line may be written. */
  take({ linesPerSecond, burstLines }: LineRate): boolean {
    const now = this.#now()
    const earned = ((now - this.#refilledAt) / 1000) * linesPerSecond
    this.#lines = Math.min(burstLines, this.#lines + earned)
    this.#refilledAt = now
    if (this.#lines < 1) {
      this.#suppressed++
      return false
    }
    this.#lines--
    return true
  }

  /** How many lines were turned away since this was last asked. */
  takeSuppressed(): number {
    const suppressed = this.#suppressed
    this.#suppressed = 0
    return suppressed
  }
}
