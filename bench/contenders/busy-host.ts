/** A host whose actors loop for ever, and how late its event loop gets. */
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { Host } from '../../host/index.ts'
import { answerQuestions } from '../contender.ts'

/** How late a timer of 1 ms was, its own millisecond not counted. In milliseconds. */
export interface DelayResult {
  readonly p50: number
  readonly p99: number
  readonly max: number
  /** Instances that computed all the time. */
  readonly busy: number
}

const resolutionMs = 1
/** Longer than any bench: nothing ends by itself. */
const forEverMs = 10 * 60_000

async function measure(modules: readonly Uint8Array[], forMs: number): Promise<DelayResult> {
  const host = new Host({ limits: { cpuMs: forEverMs, timeoutMs: forEverMs } })
  for (const module of modules) {
    const { id } = await host.startActor(module)
    // Never answers; the process is ended instead.
    void host.call(id, 'Loop', new Uint8Array(0))
  }
  await passed(500)
  const histogram = monitorEventLoopDelay({ resolution: resolutionMs })
  histogram.enable()
  await passed(forMs)
  histogram.disable()
  const late = (ns: number): number => Math.max(0, ns / 1e6 - resolutionMs)
  const busy = host.inventory().actors.reduce((sum, { metrics }) => sum + metrics.instances.busy, 0)
  return {
    p50: late(histogram.percentile(50)),
    p99: late(histogram.percentile(99)),
    max: late(histogram.max),
    busy,
  }
}

function passed(ms: number): Promise<void> {
  return new Promise((resolve) => void setTimeout(resolve, ms))
}

answerQuestions({ measure })
