/** Remembers what was seen for at least a time, in two generations: the older one is dropped whole. */
export class ReplayGuard {
  readonly #windowMs: number
  readonly #limit: number
  #seen = new Set<string>()
  #seenBefore = new Set<string>()
  #turnedAt: number

  /**
   * @param windowMs How long a mark is remembered at least; at most twice as long.
   * @param limit Marks to hold at most.
   * @param now On the clock of {@link admit}.
   */
  constructor(windowMs: number, limit: number, now: number) {
    this.#windowMs = windowMs
    this.#limit = limit
    this.#turnedAt = now
  }

  /**
   * @param now Milliseconds on a clock that does not go back.
   * @returns `full` where there is no room to remember it: it must not be let in then either.
   */
  admit(mark: string, now: number): 'new' | 'seen' | 'full' {
    if (now - this.#turnedAt >= this.#windowMs) {
      this.#seenBefore = now - this.#turnedAt >= 2 * this.#windowMs ? new Set() : this.#seen
      this.#seen = new Set()
      this.#turnedAt = now
    }
    if (this.#seen.has(mark) || this.#seenBefore.has(mark)) return 'seen'
    if (this.#seen.size + this.#seenBefore.size >= this.#limit) return 'full'
    this.#seen.add(mark)
    return 'new'
  }
}
