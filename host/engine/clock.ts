/** Time as the engine sees it, so that a test can hand it its own. */

/** A timer that is set. `unref` lets the process end before it fires, `ref` does not. */
export interface Timer {
  ref(): unknown
  unref(): unknown
}

/** Where the engine gets its time and its turns from. All times in milliseconds. */
export interface Clock {
  /** Monotonic, with a fraction. */
  now(): number
  /** Runs `run` once, no earlier than `delayMs` from now. */
  setTimer(run: () => void, delayMs: number): Timer
  clearTimer(timer: Timer): void
  /** Runs `run` in a later turn of the event loop, after pending I/O was served. */
  nextTurn(run: () => void): void
}

/** The process's own clock and event loop. */
export const systemClock: Clock = {
  now: () => performance.now(),
  setTimer: (run, delayMs) => setTimeout(run, delayMs),
  clearTimer: (timer) => {
    clearTimeout(timer as NodeJS.Timeout)
  },
  nextTurn: (run) => {
    setImmediate(run)
  },
}
