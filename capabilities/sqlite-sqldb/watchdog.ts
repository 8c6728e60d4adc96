/**
 * A thread beside the database's: ends the process when a statement runs on after its time. The host
 * does so as well; but a host that was killed leaves nobody else, and SQLite does not stop by itself.
 */
import { workerData } from 'node:worker_threads'

/** Counts up when a statement begins (odd) and ends (even); and how long it may take, in milliseconds. */
const [count, timeoutMs] = [0, 1]
const clock = workerData as Int32Array

for (;;) {
  const seen = Atomics.load(clock, count)
  const limitMs = seen % 2 === 0 ? Infinity : Atomics.load(clock, timeoutMs)
  if (Atomics.wait(clock, count, seen, limitMs) === 'timed-out')
    process.kill(process.pid, 'SIGKILL')
}
