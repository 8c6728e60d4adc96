/**
 * Who computes next. Guests share one thread: each runs a slice, then lets the event loop serve I/O,
 * then the next guest runs. Fair among guests first and among one guest's instances second, so that
 * sixty-four busy instances of one actor weigh no more than one of another.
 */
import { type Clock, systemClock } from './clock.ts'
import { Deadlines } from './deadlines.ts'

/** Something that waits for its turn to compute. */
export interface Task {
  /** Runs, or lets a suspended guest run on in the microtasks that follow. Must not throw. */
  run(): void
}

/** One guest's tasks, first come first served. Only {@link Scheduler} touches what is inside. */
export class Lane {
  /** @internal */
  readonly ready: Task[] = []
}

/** How a {@link Scheduler} shares out time. */
export interface SchedulerOptions {
  /** Default: the process's own. */
  readonly clock?: Clock
  /** How long guests compute in one turn of the event loop, in milliseconds. Default 1. */
  readonly sliceMs?: number
}

/** Shares one thread's time among guests. One for all guests of a process. */
export class Scheduler {
  readonly clock: Clock
  readonly sliceMs: number
  /** The deadlines of everything that waits. */
  readonly deadlines: Deadlines
  /** More than 0 while a guest's host call runs: what computes then is charged to that guest too. */
  nesting = 0
  /** When the last slice ended, by the clock. */
  lastEnd = 0
  /** Until when no room for another instance is to be expected. Finding out takes V8 some 100 ms. */
  fullUntil = 0
  /** A guest was told to run on and did not stop yet: one at a time, so that each pays for itself. */
  resuming = false
  readonly #lanes: Lane[] = []
  #spentMs = 0
  #turnAsked = false
  #continuing = false

  constructor(options: SchedulerOptions = {}) {
    this.clock = options.clock ?? systemClock
    this.sliceMs = options.sliceMs ?? 1
    this.deadlines = new Deadlines(this.clock)
  }

  /** Whether guests may still compute in this turn of the event loop. */
  get mayRun(): boolean {
    return this.#spentMs < this.sliceMs
  }

  /** Whether a guest that was set aside may run on now. */
  get mayResume(): boolean {
    return !this.resuming && this.mayRun
  }

  /** Puts `task` at the end of its guest's lane, and the lane, if it was empty, at the end of all. */
  enqueue(lane: Lane, task: Task): void {
    if (lane.ready.push(task) === 1) this.#lanes.push(lane)
    this.#askForTurn()
  }

  /** A guest computed for `ms`, until `now`. */
  charge(ms: number, now: number): void {
    this.#spentMs += ms
    if (this.nesting === 0) this.lastEnd = now
    // A turn that only forgets some microseconds would be most of what a short call costs.
    if (this.#spentMs >= this.sliceMs / 4) this.#askForTurn()
  }

  /**
   * Runs the next task, if this turn of the event loop has time left, as soon as nothing else runs.
   * Call where a slice that waited for its turn ends.
   */
  continueTurn(): void {
    if (this.#continuing || this.#lanes.length === 0 || !this.mayResume) return
    this.#continuing = true
    queueMicrotask(this.#continue)
  }

  #askForTurn(): void {
    if (this.#turnAsked) return
    this.#turnAsked = true
    this.clock.nextTurn(this.#turn)
  }

  readonly #turn = (): void => {
    this.#turnAsked = false
    this.#spentMs = 0
    if (this.#lanes.length === 0) return
    this.#runNext()
    if (this.#lanes.length > 0) this.#askForTurn()
  }

  readonly #continue = (): void => {
    this.#continuing = false
    if (this.#lanes.length > 0 && this.mayResume) this.#runNext()
  }

  #runNext(): void {
    const lane = this.#lanes.shift() as Lane
    const task = lane.ready.shift() as Task
    if (lane.ready.length > 0) this.#lanes.push(lane)
    task.run()
  }
}
