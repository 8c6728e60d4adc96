/**
 * A thread beside the database's, which SQLite leaves no time for anything: ends the process when a
 * statement runs on after its time, and when it takes more memory than it may. The host ends the process
 * in time as well; but a host that was killed leaves nobody else.
 */
import { workerData } from 'node:worker_threads'
import { outOfMemorySignal } from './messages.ts'

/** How often the memory is looked at, in milliseconds. */
const lookMs = 50

/** Counts up when a statement begins (odd) and ends (even); how many milliseconds and MiB it may take. */
const [count, timeoutMs, maxMebibytes] = [0, 1, 2]
const clock = workerData as Int32Array

for (;;) {
  const seen = Atomics.load(clock, count)
  if (seen % 2 === 0) {
    Atomics.wait(clock, count, seen)
    continue
  }
  const endsAt = performance.now() + Atomics.load(clock, timeoutMs)
  const maxBytes = Atomics.load(clock, maxMebibytes) * 2 ** 20
  while (Atomics.wait(clock, count, seen, lookMs) === 'timed-out') {
    if (performance.now() > endsAt) process.kill(process.pid, 'SIGKILL')
    if (process.memoryUsage.rss() > maxBytes) process.kill(process.pid, outOfMemorySignal)
  }
}
