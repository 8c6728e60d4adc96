/**
 * The process of one database. SQLite runs a statement to its end and cannot be told to stop, so it
 * runs where it can be killed: a statement is a transaction, which the next process then rolls back.
 */
import { extname } from 'node:path'
import { Worker } from 'node:worker_threads'
import { Engine } from './engine.ts'
import type { ProcessMessage, ProcessOptions, RunRequest } from './messages.ts'

/** What the host is given to be first. */
const graceMs = 2000

process.umask(0o077)
const clock = new Int32Array(new SharedArrayBuffer(8))
const watchdog = new URL(`./watchdog${extname(import.meta.filename)}`, import.meta.url)
new Worker(watchdog, { workerData: clock }).unref()

function tell(message: ProcessMessage): void {
  process.send?.(message)
}

function tick(timeoutMs: number): void {
  Atomics.store(clock, 1, timeoutMs)
  Atomics.add(clock, 0, 1)
  Atomics.notify(clock, 0)
}

function serve(engine: Engine): void {
  process.on('message', (request: RunRequest) => {
    const { id, timeoutMs } = request
    tick(timeoutMs + graceMs)
    const outcome = engine.run(request, () => tell({ kind: 'committing', id }))
    tick(0)
    tell({ kind: 'outcome', id, outcome })
  })
  process.once('disconnect', () => engine[Symbol.dispose]())
  tell({ kind: 'open' })
}

try {
  serve(new Engine(JSON.parse(process.argv[2] ?? '') as ProcessOptions))
} catch (error) {
  tell({ kind: 'unusable', reason: error instanceof Error ? error.message : String(error) })
  process.disconnect?.()
}
