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

/**
 * What a process may have in memory beside results, which are there several times over. What SQLite
 * sorts, and tables that it makes for itself, are in memory too: on disk nothing would bound them.
 */
const memoryMebibytes = 384

// Terminals and service managers tell every process of a program to end. The host ends this one, once
// calls have ended; a host that is gone shows in the channel to it.
for (const signal of ['SIGINT', 'SIGHUP', 'SIGTERM'] as const) process.on(signal, () => {})
process.umask(0o077)
const clock = new Int32Array(new SharedArrayBuffer(12))
const watchdog = new URL(`./watchdog${extname(import.meta.filename)}`, import.meta.url)
new Worker(watchdog, { workerData: clock }).unref()

function tell(message: ProcessMessage): void {
  process.send?.(message)
}

function tick(timeoutMs: number, maxResultBytes: number): void {
  Atomics.store(clock, 1, timeoutMs)
  Atomics.store(clock, 2, memoryMebibytes + Math.ceil((4 * maxResultBytes) / 2 ** 20))
  Atomics.add(clock, 0, 1)
  Atomics.notify(clock, 0)
}

function serve(engine: Engine): void {
  process.on('message', (request: RunRequest) => {
    const { id, timeoutMs, maxResultBytes } = request
    tick(timeoutMs + graceMs, maxResultBytes)
    const outcome = engine.run(request, () => tell({ kind: 'committing', id }))
    tick(0, 0)
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
