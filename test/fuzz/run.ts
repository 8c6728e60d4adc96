/**
 * `npm run fuzz -- [--seconds 60] [--target name] [--seed 1]`: every target in turn. Fails on an error
 * that is not a folder's own, an unhandled rejection, or an input that takes more than two seconds;
 * the input is then in a file, and the seed repeats the run.
 */

import { mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { Worker } from 'node:worker_threads'
import type { FuzzResult } from './loop.ts'
import { targets } from './targets.ts'
import type { WorkerTask } from './worker.ts'

const slowMs = 2_000
const maxInputBytes = 1 << 20

interface Outcome {
  readonly iterations: number
  readonly outcomes?: number
  readonly failure?: { readonly input: Uint8Array; readonly why: string }
}

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '60' },
    seed: { type: 'string', default: String(Date.now() % 2 ** 32) },
    target: { type: 'string', multiple: true },
  },
})
const milliseconds = Number(values.seconds) * 1000
const seed = Number(values.seed)
const wanted = values.target ?? targets.map(({ name }) => name)
const unknown = wanted.filter((name) => !targets.some((target) => target.name === name))
if (unknown.length > 0 || !(milliseconds > 0) || !Number.isInteger(seed)) {
  console.error(
    `usage: npm run fuzz -- [--seconds n] [--seed n] [--target ${targets.map(({ name }) => name).join('|')}]`,
  )
  process.exit(2)
}

for (const name of wanted) {
  const { iterations, outcomes, failure } = await watch(name)
  const kinds = outcomes === undefined ? '' : `, ${outcomes} kinds of outcome`
  console.log(
    `${name}: seed ${seed}, ${iterations} iterations${kinds}: ${failure ? 'FAILED' : 'ok'}`,
  )
  if (failure === undefined) continue
  const file = join(
    await mkdtemp(join(tmpdir(), 'wash-ts-fuzz-')),
    `${name}-${seed}-${iterations}.bin`,
  )
  await writeFile(file, failure.input)
  console.error(`${failure.why}\ninput of ${failure.input.length} bytes: ${file}`)
  process.exitCode = 1
}

/** Runs a target in a worker and looks after it. */
async function watch(target: string): Promise<Outcome> {
  const current = new SharedArrayBuffer(8 + maxInputBytes)
  const words = new Int32Array(current, 0, 2)
  const workerData: WorkerTask = { target, seed, milliseconds, current }
  const worker = new Worker(new URL('./worker.ts', import.meta.url), { workerData })
  const { promise, resolve } = Promise.withResolvers<Outcome>()

  function fail(why: string): void {
    const input = new Uint8Array(current, 8, Atomics.load(words, 1)).slice()
    resolve({ iterations: Atomics.load(words, 0), failure: { input, why } })
  }

  let [seenIteration, since] = [0, performance.now()]
  const watchdog = setInterval(() => {
    const iteration = Atomics.load(words, 0)
    if (iteration !== seenIteration) [seenIteration, since] = [iteration, performance.now()]
    // before the first input there is only loading, which a busy machine may make slow
    else if (iteration > 0 && performance.now() - since > slowMs + 1_000)
      fail(`one input takes more than ${slowMs} ms`)
  }, 250)
  worker.on('message', (result: FuzzResult) => {
    const { iterations, outcomes, failure } = result
    const found = failure && { input: failure.input, why: String(failure.error) }
    resolve({ iterations, outcomes, ...(found && { failure: found }) })
  })
  // an exception or a rejection that nobody handled ends a worker with this event
  worker.on('error', (error) =>
    fail(error instanceof Error ? (error.stack ?? error.message) : String(error)),
  )
  worker.on('exit', (code) => fail(`the worker ended with exit code ${code}`))
  try {
    return await promise
  } finally {
    clearInterval(watchdog)
    await worker.terminate()
  }
}
