import { EngineError } from './engine/index.ts'

/** Who waits for a turn: when it does no longer, `signal` aborts. */
export interface Waiter {
  /** Asked for only where there is a queue. */
  readonly signal: AbortSignal
}

/** Runs one task at a time, in the order in which they came. */
export class SerialQueue {
  readonly #maxWaiting: number
  readonly #turns = new Set<() => void>()
  #busy = false

  /** @param maxWaiting How many tasks may wait besides the one that runs. */
  constructor(maxWaiting: number) {
    this.#maxWaiting = maxWaiting
  }

  /**
   * Runs a task once those before it have ended, whether or not they succeeded.
   *
   * @throws EngineError `ERR_QUEUE_FULL`; the signal's reason if that aborts before the task's turn
   * came: the task does not run then
   */
  async run<T>(task: () => Promise<T>, waiter?: Waiter): Promise<T> {
    if (this.#busy) await this.#turn(waiter?.signal)
    this.#busy = true
    try {
      return await task()
    } finally {
      this.#busy = false
      const [next] = this.#turns
      next?.()
    }
  }

  #turn(signal: AbortSignal | undefined): Promise<void> {
    const queueLength = this.#maxWaiting
    if (this.#turns.size >= queueLength) {
      throw new EngineError(
        'ERR_QUEUE_FULL',
        { queueLength },
        `its only instance is busy and ${queueLength} calls wait already`,
      )
    }
    signal?.throwIfAborted()
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const leave = (): void => {
      this.#turns.delete(begin)
      signal?.removeEventListener('abort', aborted)
    }
    const begin = (): void => {
      leave()
      // Whoever comes before the task runs on must wait in turn.
      this.#busy = true
      resolve()
    }
    const aborted = (): void => {
      leave()
      reject(signal?.reason)
    }
    signal?.addEventListener('abort', aborted)
    this.#turns.add(begin)
    return promise
  }
}
