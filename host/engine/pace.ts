/**
 * How much fuel to give a guest at a time, learned from how fast it burns.
 *
 * V8 has no clock inside wasm: a guest that ran out of fuel asks, and only then is the time looked
 * at. A portion that is too large holds up everybody else, one that is too small is all asking.
 */

/** How long a portion of fuel should last, in milliseconds: well below a slice. */
const portionMs = 0.2

/**
 * One unit is about an instruction. The fastest machines do a few a nanosecond, but what a guest does
 * next may take a hundred times as long, and the whole portion is spent before that shows.
 */
const smallestPortion = 2_000
const largestPortion = 200_000

/** Before anything is known: 10 ns a unit. */
const firstPortion = 20_000

/** What one guest's instances were seen to burn. */
export class Pace {
  /** Fuel to give next. */
  portion: number = firstPortion
  #unitMs = portionMs / firstPortion

  /** A guest burned `units` in `ms` without a break. */
  learn(units: number, ms: number): void {
    if (units < smallestPortion / 2) return
    const unitMs = ms / units
    // Slower at once, faster by and by: what a guest does next may be as slow as the worst so far.
    this.#unitMs = unitMs > this.#unitMs ? unitMs : this.#unitMs * 0.75 + unitMs * 0.25
    const portion = portionMs / this.#unitMs
    this.portion = Math.max(smallestPortion, Math.min(largestPortion, Math.round(portion))) | 0
  }
}
