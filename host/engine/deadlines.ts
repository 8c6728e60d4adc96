/**
 * Deadlines of calls that wait, on one timer. Coarse: one fires up to {@link Deadlines.granularityMs}
 * late, never early. Calls that never wait never get here.
 */
import type { Clock, Timer } from './clock.ts'

/** Something with a deadline. */
export interface Timed {
  /** Kept by {@link Deadlines}: the tick it is due in, 0 while it has no deadline. Start with 0. */
  dueTick: number
  /** The deadline passed. Called once; the entry is no longer registered then. */
  expire(): void
}

/** Many deadlines sharing one timer. */
export class Deadlines {
  readonly granularityMs: number
  readonly #clock: Clock
  readonly #ticks = new Map<number, Set<Timed>>()
  #count = 0
  #timer: Timer | undefined
  #armedTick = Infinity

  constructor(clock: Clock, granularityMs = 10) {
    this.#clock = clock
    this.granularityMs = granularityMs
  }

  /** How many deadlines are waited for. */
  get size(): number {
    return this.#count
  }

  /** Registers `entry`, which must not be registered, to expire at `at` of the clock. */
  add(entry: Timed, at: number): void {
    const tick = Math.max(1, Math.ceil(at / this.granularityMs))
    entry.dueTick = tick
    const due = this.#ticks.get(tick)
    if (due === undefined) this.#ticks.set(tick, new Set([entry]))
    else due.add(entry)
    this.#count += 1
    if (tick < this.#armedTick) this.#arm(tick)
    else if (this.#count === 1) this.#timer?.ref()
  }

  /** Forgets `entry`. Nothing happens if it is not registered. */
  remove(entry: Timed): void {
    const due = this.#ticks.get(entry.dueTick)
    if (due === undefined || !due.delete(entry)) return
    if (due.size === 0) this.#ticks.delete(entry.dueTick)
    entry.dueTick = 0
    this.#count -= 1
    // Kept armed: clearing and setting a timer around every wait would cost more than one idle wake-up.
    if (this.#count === 0) this.#timer?.unref()
  }

  #arm(tick: number): void {
    if (this.#timer !== undefined) this.#clock.clearTimer(this.#timer)
    this.#armedTick = tick
    const delayMs = Math.max(0, tick * this.granularityMs - this.#clock.now())
    this.#timer = this.#clock.setTimer(this.#fire, Math.ceil(delayMs))
  }

  readonly #fire = (): void => {
    this.#timer = undefined
    this.#armedTick = Infinity
    const nowTick = Math.floor(this.#clock.now() / this.granularityMs)
    let next = Infinity
    for (const [tick, due] of this.#ticks) {
      if (tick > nowTick) {
        if (tick < next) next = tick
        continue
      }
      this.#ticks.delete(tick)
      this.#count -= due.size
      for (const entry of due) {
        entry.dueTick = 0
        entry.expire()
      }
    }
    // An expiring entry may have led to an earlier deadline and armed the timer already.
    if (next < this.#armedTick) this.#arm(next)
  }
}
