import test from 'ava'
import { httpServerProvider } from '../../../capabilities/http-server/index.ts'
import { memoryEventStreamsProvider } from '../../../capabilities/memory-eventstreams/index.ts'
import { redisEventStreamsProvider } from '../../../capabilities/redis-eventstreams/index.ts'
import { buildActor } from '../../support/actors.ts'
import { startRedis } from '../../support/redis-server.ts'
import { TestHost } from '../../support/test-host.ts'

for (const provider of ['memory-eventstreams', 'redis-eventstreams'] as const) {
  test(`${provider} - an actor writes events, reads them, and is given them`, async (t) => {
    await using redis = await startRedis()
    await using host = new TestHost({
      providers: [httpServerProvider(), memoryEventStreamsProvider(), redisEventStreamsProvider()],
    })
    const { id } = await host.startActor(await buildActor('journal'))
    await host.link({
      ...{ actor: id, contractId: 'wascc:eventstreams', provider },
      values: { SUBSCRIPTION: 'notes', QUEUEGROUP_NAME: 'journals', URL: redis.url },
    })
    const http = await host.link({
      ...{ actor: id, contractId: 'wascc:http_server' },
      values: { PORT: '0' },
    })
    const url = http?.info['url'] ?? ''
    for (const body of ['first', 'second']) {
      const response = await fetch(`${url}notes`, { method: 'POST', body })
      t.is(response.status, 201)
      t.regex(await response.text(), /^\d{13}-\d+$/)
    }
    const read = async (stream: string) => (await fetch(url + stream)).text()
    t.is(await read('notes'), 'first\nsecond\n')
    let copies = ''
    while (copies.length < 'notes: first\nnotes: second\n'.length) copies = await read('copies')
    t.is(copies, 'notes: first\nnotes: second\n')
  })
}
