import type { Clock, Timer } from '../../../../host/engine/index.ts'

interface TestTimer extends Timer {
  readonly run: () => void
  readonly at: number
  /** Whether the process would wait for it. */
  holding: boolean
}

/** Time that passes when a test says so, or by a fixed step whenever somebody looks. */
export class TestClock implements Clock {
  time = 0
  /** Milliseconds that pass at every look. */
  stepMs = 0
  readonly timers: Set<TestTimer> = new Set()
  #turns: (() => void)[] = []
  readonly #ownTurns: boolean

  /** @param ownTurns turns come from the event loop, not from {@link turn} */
  constructor({ ownTurns = true, stepMs = 0 }: { ownTurns?: boolean; stepMs?: number } = {}) {
    this.#ownTurns = ownTurns
    this.stepMs = stepMs
  }

  now(): number {
    this.time += this.stepMs
    return this.time
  }

  setTimer(run: () => void, delayMs: number): Timer {
    const timer: TestTimer = {
      run,
      at: this.time + delayMs,
      holding: true,
      ref: () => (timer.holding = true),
      unref: () => (timer.holding = false),
    }
    this.timers.add(timer)
    return timer
  }

  clearTimer(timer: Timer): void {
    this.timers.delete(timer as TestTimer)
  }

  nextTurn(run: () => void): void {
    if (this.#ownTurns) setImmediate(run)
    else this.#turns.push(run)
  }

  /** Runs what was put off to the next turn, and then all microtasks. */
  async turn(): Promise<void> {
    const turns = this.#turns
    this.#turns = []
    for (const run of turns) run()
    await settled()
  }

  /** Lets time pass, and what was due by then happen, in order. */
  advance(ms: number): void {
    const end = this.time + ms
    for (;;) {
      const due = [...this.timers].filter((timer) => timer.at <= end)
      const [next] = due.toSorted((left, right) => left.at - right.at)
      if (next === undefined) break
      this.timers.delete(next)
      this.time = Math.max(this.time, next.at)
      next.run()
    }
    this.time = end
  }
}

/** Microtasks that are due, and those that they lead to, ran. */
export function settled(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve)
  })
}
