/** The counter actor on Redis, called by its host: and, where asked, behind HTTP and swapped. */
import { stockProviders } from '../../capabilities/index.ts'
import { encodeJsonRequest } from '../../contracts/index.ts'
import { Host, type ModuleSource } from '../../host/index.ts'
import { callsPerSecond } from '../concurrent-calls.ts'
import { answerQuestions } from '../contender.ts'

const contractId = 'wascc:keyvalue'
const host = new Host({ providers: stockProviders() })
let actor = ''

/** When something was turned over, on the wall clock in milliseconds, fractions included. */
export interface TurnOver {
  readonly from: number
  readonly to: number
}

const now = (): number => performance.timeOrigin + performance.now()

async function turnOver(change: () => Promise<unknown>): Promise<TurnOver> {
  const from = now()
  await change()
  return { from, to: now() }
}

answerQuestions({
  async start(module: ModuleSource, url: string): Promise<void> {
    ;({ id: actor } = await host.startActor(module))
    await host.link({ actor, contractId, provider: 'redis-keyvalue', values: { URL: url } })
  },
  load(concurrency: number, forMs: number): Promise<number> {
    const { operation, payload } = encodeJsonRequest('HandleRequest', { path: '/visits' }, 'C')
    return callsPerSecond(concurrency, forMs, () => host.call(actor, operation, payload))
  },
  async listen(): Promise<number> {
    const values = { PORT: '0', BIND: '127.0.0.1' }
    const link = await host.link({ actor, contractId: 'wascc:http_server', values })
    return Number(new URL(link?.info['url'] ?? '').port)
  },
  swap: (provider: string, copy: boolean): Promise<TurnOver> =>
    turnOver(() => host.swap({ contractId, provider, copy })),
  update: (module: ModuleSource): Promise<TurnOver> =>
    turnOver(() => host.updateActor(module, { allowAnyRevision: true })),
})
