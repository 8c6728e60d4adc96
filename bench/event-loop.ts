/** How late an event loop gets. */
import { monitorEventLoopDelay } from 'node:perf_hooks'

/** How much later than asked a timer of 1 ms fired, in milliseconds. */
export interface Delay {
  readonly p50: number
  readonly p99: number
  readonly max: number
}

const resolutionMs = 1

/** Watches for `forMs`. */
export async function loopDelay(forMs: number): Promise<Delay> {
  const histogram = monitorEventLoopDelay({ resolution: resolutionMs })
  histogram.enable()
  await passed(forMs)
  histogram.disable()
  // What it was asked to wait is no delay.
  const late = (ns: number): number => Math.max(0, ns / 1e6 - resolutionMs)
  return {
    p50: late(histogram.percentile(50)),
    p99: late(histogram.percentile(99)),
    max: late(histogram.max),
  }
}

/** The same beside JavaScript that computes for 1 ms a turn: what the machine itself is late by. */
export async function plainDelay(forMs: number): Promise<Delay> {
  const state = { ended: false }
  const compute = (): void => {
    const end = performance.now() + 1
    while (performance.now() < end);
    if (!state.ended) setImmediate(compute)
  }
  compute()
  const delay = await loopDelay(forMs)
  state.ended = true
  return delay
}

/** Resolves after `ms`. */
export function passed(ms: number): Promise<void> {
  return new Promise((resolve) => void setTimeout(resolve, ms))
}
