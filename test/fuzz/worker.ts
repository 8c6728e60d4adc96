/** Runs one target off the main thread, which watches: an endless loop can only be seen from outside. */

import { parentPort, workerData } from 'node:worker_threads'
import { fuzz } from './loop.ts'
import { targets } from './targets.ts'

/** What the watcher gives. */
export interface WorkerTask {
  readonly target: string
  readonly seed: number
  readonly milliseconds: number
  /** Two 32-bit words, iteration and length of the input, then the input. */
  readonly current: SharedArrayBuffer
}

const task = workerData as WorkerTask
const words = new Int32Array(task.current, 0, 2)
const bytes = new Uint8Array(task.current, 8)
const target = targets.find(({ name }) => name === task.target)!

const result = await fuzz(target, {
  seed: task.seed,
  milliseconds: task.milliseconds,
  onInput(input, iteration) {
    bytes.set(input.subarray(0, bytes.length))
    Atomics.store(words, 1, Math.min(input.length, bytes.length))
    Atomics.store(words, 0, iteration + 1)
  },
})
const failure = result.failure && { ...result.failure, error: describe(result.failure.error) }
parentPort!.postMessage({ ...result, failure }, [])

function describe(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error)
}
