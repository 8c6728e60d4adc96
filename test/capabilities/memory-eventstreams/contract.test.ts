import test from 'ava'
import { memoryEventStreamsProvider } from '../../../capabilities/memory-eventstreams/index.ts'
import { eventStreamsContract, numbers, write } from '../event-streams-contract.ts'
import { linkProvider } from '../support/linked-provider.ts'

eventStreamsContract(test, 'memory-eventstreams', async () => {
  const provider = memoryEventStreamsProvider()
  return {
    provider,
    link: (facts) => linkProvider(provider, facts),
    [Symbol.asyncDispose]: async () => {},
  }
})

test('memory-eventstreams - answers without a promise', async (t) => {
  await using link = await linkProvider(memoryEventStreamsProvider({ now: () => 5 }))
  const values = { a: 'b' }
  t.deepEqual(link.ask('WriteEvent', { stream: 's', values }), { eventId: '5-0' })
  t.deepEqual(link.ask('QueryStream', { stream: 's', range: null, count: 0 }), {
    events: [{ eventId: '5-0', stream: 's', values }],
  })
})

test('memory-eventstreams - ids grow, though the clock goes back', async (t) => {
  let now = 1000
  await using link = await linkProvider(memoryEventStreamsProvider({ now: () => now }))
  const ids: string[] = []
  for (now of [1000, 1000, 999, 1, 1001.9]) ids.push(await write(link, 's', 0))
  t.deepEqual(ids, ['1000-0', '1000-1', '1000-2', '1000-3', '1001-0'])
})

test('memory-eventstreams - MAX_BYTES bounds all streams, and MAXLEN makes room', async (t) => {
  const provider = memoryEventStreamsProvider()
  const shared = { PREFIX: 'p', MAX_BYTES: '1024' }
  await using link = await linkProvider(provider, { values: shared })
  const values = { n: 'x'.repeat(100) }
  for (let n = 0; n < 5; n++) await link.ask('WriteEvent', { stream: 's', values })
  const error = await t.throwsAsync(async () => link.ask('WriteEvent', { stream: 's', values }), {
    code: 'ERR_STREAM_LIMIT',
  })
  t.like(error, { detail: { limit: 'MAX_BYTES', allowed: 1024 } })
  await t.throwsAsync(async () => link.ask('WriteEvent', { stream: 't', values }), {
    code: 'ERR_STREAM_LIMIT',
  })
  await using trimming = await linkProvider(provider, {
    actor: 'MB',
    values: { ...shared, MAXLEN: '2' },
  })
  for (let n = 0; n < 1000; n++) await write(trimming, 's', n)
  t.deepEqual(await numbers(link), ['998', '999'])
})

test('memory-eventstreams - keeps events when links go, and takes the URL of Redis', async (t) => {
  const provider = memoryEventStreamsProvider()
  {
    await using link = await linkProvider(provider, { values: { URL: 'redis://x' } })
    t.deepEqual(
      link.log.map(({ level }) => level),
      ['info'],
    )
    await write(link, 's', 1)
  }
  await using link = await linkProvider(provider)
  t.deepEqual(await numbers(link), ['1'])
})
