/** What a host's memory goes to. Needs `--expose-gc`. */
import type { CapabilityProvider, StandardSchema } from '../../host/index.ts'
import { Host } from '../../host/index.ts'
import { httpServer, keyvalue } from '../../contracts/index.ts'
import { answerQuestions } from '../contender.ts'

/** What each of many cost. */
export interface MemoryResult {
  /** Of the process's resident memory. */
  readonly bytesEach: number
  /** What of it the JavaScript heap has. */
  readonly heapBytesEach: number
  /** Milliseconds for all, until they were suspended or loaded. */
  readonly ms: number
}

const minutesMs = 60_000
const anyValues: StandardSchema<unknown, Record<string, string>> = {
  '~standard': {
    version: 1,
    vendor: 'wash-ts-bench',
    validate: (value) => ({ value: value as Record<string, string> }),
  },
}

/** A key-value store that answers at once, or once it is told to. */
class Hesitating {
  hesitates = false
  asked = 0
  readonly #release = Promise.withResolvers<void>()
  readonly provider: CapabilityProvider = {
    name: 'hesitating-keyvalue',
    summary: 'waits before it answers, for the bench',
    contract: keyvalue,
    configSchema: anyValues,
    link: () => ({
      operations: {
        Add: () => (this.hesitates ? this.#answerLater() : { value: 1 }),
      },
    }),
  }

  release(): void {
    this.#release.resolve()
  }

  async #answerLater(): Promise<{ value: number }> {
    this.asked++
    await this.#release.promise
    return { value: 1 }
  }
}

/** @param served How many calls the host answers before, one after the other. */
async function suspended(path: string, count: number, served: number): Promise<MemoryResult> {
  const store = new Hesitating()
  const host = new Host({
    providers: [store.provider],
    limits: { instances: count, timeoutMs: minutesMs, queueLength: count },
  })
  const { id } = await host.startActor(path)
  await host.link({ actor: id, contractId: 'wascc:keyvalue', values: {} })
  const request = httpServer
    .dialect('C')
    ?.toActor.get('HandleRequest')
    ?.encodeRequest({
      method: 'GET',
      path: '/visits',
      queryString: '',
      headers: [],
      body: new Uint8Array(0),
    })
  if (request === undefined) throw new Error('dialect C has no HandleRequest')
  for (let call = 0; call < served; call++) await host.call(id, 'HandleRequest', request)
  store.hesitates = true
  const before = await settledMemory()
  const start = performance.now()
  const calls = Array.from({ length: count }, () => host.call(id, 'HandleRequest', request))
  while (store.asked < count) await nextTurn()
  const ms = performance.now() - start
  const after = await settledMemory()
  store.release()
  await Promise.all(calls)
  return { ...difference(before, after, count), ms }
}

async function idle(modulePaths: readonly string[]): Promise<MemoryResult> {
  const host = new Host()
  const before = await settledMemory()
  const start = performance.now()
  for (const path of modulePaths) await host.startActor(path)
  const ms = performance.now() - start
  const after = await settledMemory()
  const running = host.inventory().actors.length
  if (running !== modulePaths.length) throw new Error(`${running} actors run`)
  return { ...difference(before, after, modulePaths.length), ms }
}

function difference(
  before: NodeJS.MemoryUsage,
  after: NodeJS.MemoryUsage,
  count: number,
): Pick<MemoryResult, 'bytesEach' | 'heapBytesEach'> {
  return {
    bytesEach: (after.rss - before.rss) / count,
    heapBytesEach: (after.heapUsed - before.heapUsed) / count,
  }
}

async function settledMemory(): Promise<NodeJS.MemoryUsage> {
  for (let time = 0; time < 3; time++) {
    globalThis.gc?.()
    await nextTurn()
  }
  return process.memoryUsage()
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => void setImmediate(resolve))
}

answerQuestions({ suspended, idle })
