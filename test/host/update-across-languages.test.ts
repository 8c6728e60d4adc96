import test from 'ava'
import { Pool } from 'undici'
import { httpServerProvider, memoryKeyValueProvider } from '../../capabilities/index.ts'
import { exampleKey } from '../../scripts/build-actors.ts'
import { buildActor, signFixture } from '../support/actors.ts'
import { TestHost } from '../support/test-host.ts'

const flips = 20
const requests = 4_000
const connections = 16

test('updateActor - turns a counter over between two languages under load and loses no request', async (t) => {
  const subject = await exampleKey('module', 'kvcounter')
  const sign = async (name: string, revision: number): Promise<Uint8Array> =>
    signFixture(
      await buildActor(name),
      { name: 'counter', contracts: ['wascc:http_server', 'wascc:keyvalue'], revision },
      { subject },
    )
  await using host = new TestHost({ providers: [httpServerProvider(), memoryKeyValueProvider()] })
  const { id } = await host.startActor(await sign('kvcounter', 1))
  await host.link({ actor: id, contractId: 'wascc:keyvalue' })
  const served = await host.link({
    actor: id,
    contractId: 'wascc:http_server',
    values: { PORT: '0' },
  })
  await using client = closing(new Pool(served?.info['url'] ?? '', { connections }))

  const counters: number[] = []
  const load = { asked: 0, failed: false }
  const ask = async (): Promise<void> => {
    while (load.asked < requests) {
      load.asked += 1
      const { statusCode, body } = await client.pool.request({ path: '/visits', method: 'GET' })
      const text = await body.text()
      if (statusCode !== 200) {
        load.failed = true
        throw new Error(`${statusCode} ${text}`)
      }
      counters.push((JSON.parse(text) as { counter: number }).counter)
    }
  }
  const turnOver = async (): Promise<void> => {
    for (let flip = 1; flip <= flips; flip++) {
      // Each comes after its share of the requests, so that all come under load.
      while (counters.length < (flip * requests) / (flips + 1) && !load.failed) await nextTurn()
      const name = flip % 2 === 1 ? 'kvcounter-c' : 'kvcounter'
      await host.updateActor(await sign(name, flip + 1))
    }
  }
  await Promise.all([turnOver(), ...Array.from({ length: connections }, ask)])

  t.is(host.eventsOf('actor_updated').length, flips)
  t.deepEqual(
    counters.toSorted((a, b) => a - b),
    Array.from({ length: requests }, (_, index) => index + 1),
  )
  t.is(host.inventory().actors[0]?.revision, flips + 1)
})

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

function closing(pool: Pool): AsyncDisposable & { readonly pool: Pool } {
  return { pool, [Symbol.asyncDispose]: () => pool.close() }
}
