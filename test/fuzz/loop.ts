/** Runs one target on its seeds and on changes of them. */

import { setImmediate } from 'node:timers/promises'
import { mutate } from './mutate.ts'
import { seededRandom } from './random.ts'
import type { FuzzTarget } from './target.ts'

/** When to stop, whichever comes first, and what to start from. */
export interface FuzzOptions {
  readonly seed: number
  readonly milliseconds?: number
  readonly iterations?: number
  /** The longest that one input may compute: waiting does not count, nor do other processes. Default: 2,000. */
  readonly slowMs?: number
  /** Called before each input, so that a hang can be told with the input that caused it. */
  readonly onInput?: (input: Uint8Array, iteration: number) => void
}

/** How a run ended. */
export interface FuzzResult {
  readonly iterations: number
  /** How many kinds of outcome there were: codes, reasons, acceptance. */
  readonly outcomes: number
  readonly failure?: FuzzFailure
}

/** What failed, and on which input. */
export interface FuzzFailure {
  readonly iteration: number
  readonly input: Uint8Array
  readonly error: unknown
}

const errorNames = new Set([
  'SigningError',
  'EngineError',
  'ContractError',
  'HostError',
  'CliError',
])
const maxCorpus = 512

/**
 * Feeds `target` until time or count is up, or something fails: an error that is no folder's own, or
 * an input that takes too long. An input with a new kind of outcome is kept, to be changed further.
 */
export async function fuzz(target: FuzzTarget, options: FuzzOptions): Promise<FuzzResult> {
  const random = seededRandom(options.seed)
  await target.open?.()
  const corpus = target.seeds()
  const seeds = corpus.length
  const outcomes = new Set<string>()
  const end = performance.now() + (options.milliseconds ?? Number.POSITIVE_INFINITY)
  const most = options.iterations ?? Number.POSITIVE_INFINITY
  let iteration = 0
  for (; iteration < most && performance.now() < end; iteration++) {
    const input = iteration < seeds ? corpus[iteration]! : mutate(pick(), pick(), random)
    options.onInput?.(input, iteration)
    const started = process.threadCpuUsage()
    let outcome = 'accepted'
    try {
      await target.run(Uint8Array.from(input))
    } catch (error) {
      if (!isTypedError(error))
        return {
          iterations: iteration + 1,
          outcomes: outcomes.size,
          failure: { iteration, input, error },
        }
      outcome = kindOf(error)
    }
    const { user, system } = process.threadCpuUsage(started)
    const tookMs = (user + system) / 1000
    if (tookMs > (options.slowMs ?? 2_000)) {
      const error = new Error(`one input took ${Math.round(tookMs)} ms`)
      return {
        iterations: iteration + 1,
        outcomes: outcomes.size,
        failure: { iteration, input, error },
      }
    }
    if (!outcomes.has(outcome) && corpus.length < maxCorpus) corpus.push(input)
    outcomes.add(outcome)
    // a rejection that nobody handles is told between turns: now, while its input is the current one
    await setImmediate()
  }
  return { iterations: iteration, outcomes: outcomes.size }

  function pick(): Uint8Array {
    return corpus[random.next(corpus.length)]!
  }
}

interface TypedError extends Error {
  readonly code: string
  readonly detail?: unknown
}

function isTypedError(error: unknown): error is TypedError {
  return (
    error instanceof Error &&
    errorNames.has(error.name) &&
    'code' in error &&
    typeof error.code === 'string'
  )
}

/** The code, and the beginning of the reason if there is one: what differs from input to input is cut. */
function kindOf({ code, detail }: TypedError): string {
  const reason =
    typeof detail === 'object' && detail !== null && 'reason' in detail && detail.reason
  return typeof reason === 'string' ? `${code} ${reason.split(/["\d]/u)[0]}` : code
}
