/**
 * Measures one instance's computing: fuel while it runs, time whenever it stops. A *stretch* lasts
 * from when an instance is let run until it stops or returns.
 */
import { budgetError } from './call-errors.ts'
import type { GuestCounters } from './metrics.ts'
import type { Pace } from './pace.ts'
import type { Scheduler } from './scheduler.ts'

/** What the meters of all instances of one guest share. */
export interface RunMeterOptions {
  readonly scheduler: Scheduler
  readonly pace: Pace
  readonly counters: GuestCounters
}

/** Fuel of a direct call, in portions: it cannot get more. */
const directPortions = 4

/** Keeps fuel from wrapping around, whatever is taken from it. */
const leastFuel = -(2 ** 30)

/** One instance's meter. Times are the scheduler's, in milliseconds. */
export class RunMeter {
  /** Whether the instance computes. */
  running = false
  /** When it last stopped. */
  stoppedAt = 0
  /** Whether it ran out of fuel since {@link begin}. */
  ranDry = false
  readonly #fuel: WebAssembly.Global
  readonly #options: RunMeterOptions
  #granted = 0
  #cpuMs = 0
  #cpuLimitMs = 0
  #resumed = false
  #runningSince = 0
  #portionSince = 0

  constructor(fuel: WebAssembly.Global, options: RunMeterOptions) {
    this.#fuel = fuel
    this.#options = options
  }

  /** A call begins that may compute for `cpuLimitMs`. */
  begin(cpuLimitMs: number): void {
    this.#cpuMs = 0
    this.#cpuLimitMs = cpuLimitMs
    this.#resumed = false
    this.ranDry = false
  }

  /** A stretch begins. */
  run(now: number): void {
    this.running = true
    this.#runningSince = now
    this.#portionSince = now
    this.#fuel.value = this.#granted = this.#options.pace.portion
  }

  /** A stretch begins in one of the microtasks that follow, after a wait. */
  resume(now: number): void {
    this.#resumed = true
    this.#options.scheduler.resuming = true
    this.run(now)
  }

  /** A call begins that can neither wait nor get more fuel. */
  runDirectly(): void {
    this.#fuel.value = this.#granted = this.#options.pace.portion * directPortions
  }

  /** That call ended; it had begun at `since`. */
  stopDirectly(since: number): void {
    this.#charge(since, this.#options.scheduler.clock.now())
  }

  /** The stretch is over. */
  stop(now: number): void {
    const { scheduler } = this.#options
    this.running = false
    this.#charge(this.#since(), now)
    if (!this.#resumed) return
    scheduler.resuming = false
    scheduler.continueTurn()
  }

  /**
   * Fuel ran out at `now`.
   *
   * @returns whether the slice is over; if not, there is fuel again
   * @throws EngineError `ERR_CPU_BUDGET`
   */
  refill(now: number): boolean {
    const { scheduler, pace } = this.#options
    const since = this.#since()
    this.ranDry = true
    pace.learn(this.countFuel(), now - Math.max(since, this.#portionSince))
    if (this.#cpuMs + now - since > this.#cpuLimitMs) throw budgetError(this.#cpuLimitMs)
    if (now - since >= scheduler.sliceMs) return true
    this.#portionSince = now
    this.#fuel.value = this.#granted = pace.portion
    return false
  }

  /** Work of unknown length was done for the guest: its portion ends here if it has lasted a slice. */
  checkTime(): void {
    const { scheduler } = this.#options
    const left = this.#fuel.value as number
    if (left < 0 || scheduler.clock.now() - this.#portionSince < scheduler.sliceMs) return
    this.#granted -= left + 1
    this.#fuel.value = -1
  }

  /** Takes fuel for work that the host did. */
  burn(units: number): void {
    this.#fuel.value = Math.max(leastFuel, (this.#fuel.value as number) - units) | 0
  }

  /** Fuel burned since it was last counted. */
  countFuel(): number {
    const left = this.#fuel.value as number
    const used = this.#granted - left
    this.#granted = left
    this.#options.counters.fuelUsed += used
    return used
  }

  /** Others may have run between a resumed stretch's turn and the microtask in which it ran on. */
  #since(): number {
    const { lastEnd } = this.#options.scheduler
    return this.#resumed && lastEnd > this.#runningSince ? lastEnd : this.#runningSince
  }

  #charge(since: number, now: number): void {
    const { scheduler, counters } = this.#options
    const ms = Math.max(0, now - since)
    this.stoppedAt = now
    this.#cpuMs += ms
    counters.cpuMs += ms
    this.countFuel()
    scheduler.charge(ms, now)
  }
}
