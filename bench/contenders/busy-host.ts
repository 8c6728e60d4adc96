/** A host whose actors loop for ever, and how late its event loop gets. */
import { Host } from '../../host/index.ts'
import { answerQuestions } from '../contender.ts'
import { type Delay, loopDelay, passed, plainDelay } from '../event-loop.ts'

/** What was seen while actors computed. */
export interface BusyResult extends Delay {
  /** Instances that computed all the time. */
  readonly busy: number
}

/** Longer than any bench: nothing ends by itself. */
const forEverMs = 10 * 60_000

let host: Host

answerQuestions({
  plain: (forMs: number): Promise<Delay> => plainDelay(forMs),
  /** Starts a loop in each module that never ends: the process is ended instead. */
  async loop(modules: readonly Uint8Array[]): Promise<void> {
    host = new Host({ limits: { cpuMs: forEverMs, timeoutMs: forEverMs } })
    for (const module of modules) {
      const { id } = await host.startActor(module)
      void host.call(id, 'Loop', new Uint8Array(0))
    }
    await passed(500)
  },
  async delay(forMs: number): Promise<BusyResult> {
    const delay = await loopDelay(forMs)
    const { actors } = host.inventory()
    return { ...delay, busy: actors.reduce((sum, actor) => sum + actor.metrics.instances.busy, 0) }
  },
})
