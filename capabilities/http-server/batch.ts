/**
 * What came in during one turn of the event loop, done together at its end: so one request's code and
 * data are still in the processor's caches for the next. Between reading two requests the kernel has
 * been at work, and evicts them: done one by one as they are read, an exchange takes about twice as
 * long. One that comes alone waits for nothing but the end of the turn.
 */
export class Batch {
  #waiting: (() => void)[] = []

  /** Has `run`, which must not throw, done at the end of this turn. */
  add(run: () => void): void {
    if (this.#waiting.push(run) === 1) setImmediate(this.#runAll)
  }

  readonly #runAll = (): void => {
    const waiting = this.#waiting
    this.#waiting = []
    for (const run of waiting) run()
  }
}
