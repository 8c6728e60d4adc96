import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import test from 'ava'
import { natsMessagingProvider } from '../../../capabilities/nats-messaging/index.ts'
import { startNats } from '../../support/nats-server.ts'
import { message, request } from '../messaging-contract.ts'
import { linkProvider } from '../support/linked-provider.ts'

// In a file of its own: other tests of the process would be measured too.
test('Publish, Request - keep nothing of what is over', async (t) => {
  await using nats = await startNats()
  const values = { URL: nats.url }
  await using link = await linkProvider(natsMessagingProvider(), { values })
  const round = async (count: number): Promise<void> => {
    for (let index = 0; index < count; index += 100) {
      const asks = Array.from({ length: 100 }, async () => link.ask('Publish', message('s', 'x')))
      await Promise.all(asks)
      await t.throwsAsync(async () => link.ask('Request', request('s', 'x')))
    }
  }
  await round(5000)
  const before = heapAfterCollection()
  await round(20_000)
  // Less than 100 bytes for each.
  t.true(heapAfterCollection() - before < 2_000_000)
})

function heapAfterCollection(): number {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  collect()
  return process.memoryUsage().heapUsed
}
