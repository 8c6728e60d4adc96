import { setTimeout as delay } from 'node:timers/promises'
import test from 'ava'
import {
  parseRedisUrl,
  RedisConnections,
  type RedisReply,
} from '../../../capabilities/redis-connection/index.ts'
import { redisEventStreamsProvider } from '../../../capabilities/redis-eventstreams/index.ts'
import { silentLogger } from '../../../host/index.ts'
import { startFaultProxy } from '../../support/fault-proxy.ts'
import { type RedisServer, startRedis } from '../../support/redis-server.ts'
import { EventActor, type EventStreamsSubject, numbers, write } from '../event-streams-contract.ts'
import { linkProvider } from '../support/linked-provider.ts'
import { anyReceives } from '../support/recording-actor.ts'

const group = { SUBSCRIPTION: 's', QUEUEGROUP_NAME: 'g', REDELIVER_AFTER_MS: '100' }

/** A provider whose links go to a server, and commands for the server itself. */
async function open(
  redis: Pick<RedisServer, 'url'>,
  linkUrl = redis.url,
): Promise<
  EventStreamsSubject & { run(name: string, ...args: (string | number)[]): Promise<RedisReply> }
> {
  const provider = redisEventStreamsProvider()
  const tls = { caFile: undefined, certFile: undefined, keyFile: undefined, serverName: undefined }
  const held = await new RedisConnections().hold(
    { target: parseRedisUrl(redis.url), tls },
    { log: silentLogger, signal: new AbortController().signal },
  )
  return {
    provider,
    link: ({ values, ...facts } = {}) =>
      linkProvider(provider, { ...facts, values: { URL: linkUrl, PREFIX: '', ...values } }),
    run: (name, ...args) =>
      held.connection.run(name, args, { operation: 'test', deadlineAt: Infinity }),
    [Symbol.asyncDispose]: () => held[Symbol.asyncDispose](),
  }
}

test('an event is an entry whose fields are its values', async (t) => {
  await using redis = await startRedis()
  await using subject = await open(redis)
  await using link = await subject.link()
  const { eventId } = await link.ask('WriteEvent', { stream: 'my-stream', values: { test: 'ok' } })
  t.deepEqual(await subject.run('xrange', 'my-stream', '-', '+'), [[eventId, ['test', 'ok']]])
  await subject.run('xadd', 'my-stream', '9999999999999-7', 'a', '1', 'b', '', 'a', '2')
  const { events } = await link.ask('QueryStream', { stream: 'my-stream', range: null, count: 0 })
  t.deepEqual(events[1], {
    eventId: '9999999999999-7',
    stream: 'my-stream',
    values: { a: '2', b: '' },
  })
})

test('a key that holds no stream is refused with what Redis says', async (t) => {
  await using redis = await startRedis()
  await using subject = await open(redis)
  await subject.run('set', 's', 'text')
  await using link = await subject.link()
  for (const ask of [() => write(link, 's', 1), () => numbers(link)]) {
    await t.throwsAsync(ask, { code: 'ERR_SERVER_REFUSED', message: /WRONGTYPE/ })
  }
  for (const values of [{ SUBSCRIPTION: 's' }, group]) {
    await t.throwsAsync(subject.link({ actor: 'MB', values }), { message: /WRONGTYPE/ })
  }
})

test('QUEUEGROUP_NAME - what a lost member was given, another takes over', async (t) => {
  await using redis = await startRedis()
  await using subject = await open(redis)
  await subject.run('xgroup', 'CREATE', 's', 'g', '$', 'MKSTREAM')
  await subject.run('xadd', 's', '*', 'n', 'lost')
  const deleted = String(await subject.run('xadd', 's', '*', 'n', 'deleted'))
  await subject.run('xreadgroup', 'GROUP', 'g', 'gone', 'STREAMS', 's', '>')
  await subject.run('xdel', 's', deleted)
  const actor = new EventActor()
  await using link = await actor.link(subject, { ...group, PREFIX: '' })
  await actor.received(1)
  await write(link, 's', 'new')
  await actor.received(2)
  await link.closeIntake()
  t.deepEqual(actor.numbers, ['lost', 'new'])
  t.deepEqual(((await subject.run('xpending', 's', 'g')) as RedisReply[])[0], 0)
})

test('QUEUEGROUP_NAME - what too many members were lost with is let go', async (t) => {
  await using redis = await startRedis()
  await using subject = await open(redis)
  await subject.run('xgroup', 'CREATE', 's', 'g', '$', 'MKSTREAM')
  const id = String(await subject.run('xadd', 's', '*', 'n', 'poison'))
  await subject.run('xreadgroup', 'GROUP', 'g', 'gone', 'STREAMS', 's', '>')
  await subject.run('xclaim', 's', 'g', 'gone', 0, id, 'RETRYCOUNT', 5)
  const actor = new EventActor()
  await using link = await actor.link(subject, { ...group, PREFIX: '' })
  while ((((await subject.run('xpending', 's', 'g')) as RedisReply[])[0] as number) > 0) {
    await delay(5)
  }
  await link.closeIntake()
  t.deepEqual(actor.numbers, [])
  const [line] = link.log
  t.like(line, { level: 'error', facts: { stream: 's', eventId: id, attempts: 5 } })
})

test('QUEUEGROUP_NAME - a member that closes leaves nothing behind', async (t) => {
  await using redis = await startRedis()
  await using subject = await open(redis)
  const actor = new EventActor()
  const link = await actor.link(subject, { ...group, PREFIX: '' })
  await write(link, 's', 1)
  await actor.received(1)
  await link[Symbol.asyncDispose]()
  t.deepEqual(await subject.run('xinfo', 'CONSUMERS', 's', 'g'), [])
  const clients = String(await subject.run('client', 'LIST', 'TYPE', 'normal'))
  t.is(clients.trim().split('\n').length, 1)
})

test('QUEUEGROUP_NAME - a stream that is deleted is begun anew', async (t) => {
  await using redis = await startRedis()
  await using subject = await open(redis)
  const actor = new EventActor()
  await using link = await actor.link(subject, { ...group, PREFIX: '' })
  await write(link, 's', 1)
  await actor.received(1)
  await subject.run('del', 's')
  await write(link, 's', 2)
  await actor.received(2)
  t.deepEqual(actor.numbers, ['1', '2'])
})

test('SUBSCRIPTION - what was written while the connection was broken comes after it', async (t) => {
  await using redis = await startRedis()
  await using proxy = await startFaultProxy(redis.port)
  for (const [index, values] of [
    { SUBSCRIPTION: 's' },
    { ...group, SUBSCRIPTION: 't' },
  ].entries()) {
    await using subject = await open(redis, `redis://127.0.0.1:${proxy.port}`)
    const actor = new EventActor()
    await using _link = await actor.link(subject, { ...values, PREFIX: '' })
    await subject.run('xadd', values.SUBSCRIPTION, '*', 'n', 'before')
    await actor.received(1)
    await proxy.refuse()
    for (const n of ['1', '2', '3']) await subject.run('xadd', values.SUBSCRIPTION, '*', 'n', n)
    await proxy.pass()
    await actor.received(4)
    t.deepEqual(actor.numbers, ['before', '1', '2', '3'], String(index))
  }
})

test('a link closes at once, though it waits for events', async (t) => {
  await using redis = await startRedis()
  await using subject = await open(redis)
  for (const values of [{ SUBSCRIPTION: 's' }, group]) {
    const actor = new EventActor()
    const link = await actor.link(subject, { ...values, PREFIX: '' })
    await write(link, 's', 1)
    await actor.received(1)
    // The next read is under way once Redis says so: it would find nothing for a second.
    while (!/flags=b/.test(String(await subject.run('client', 'LIST')))) await delay(1)
    const began = performance.now()
    await link[Symbol.asyncDispose]()
    t.true(performance.now() - began < 900)
  }
})

test('a Redis Cluster serves streams that it keeps together', async (t) => {
  await using redis = await startRedis({
    config: { 'cluster-enabled': 'yes', 'cluster-announce-ip': '127.0.0.1' },
  })
  await using subject = await open(redis, redis.url.replace('redis:', 'redis+cluster:'))
  await subject.run('cluster', 'ADDSLOTSRANGE', 0, 16_383)
  while (!String(await subject.run('cluster', 'INFO')).includes('cluster_state:ok')) await delay(5)
  for (const values of [{}, { QUEUEGROUP_NAME: 'g' }]) {
    const actor = new EventActor()
    const all = { SUBSCRIPTION: 'a,b', PREFIX: `{${Object.keys(values).length}}:`, ...values }
    await using link = await actor.link(subject, all)
    for (const stream of ['a', 'b']) await write(link, stream, stream)
    await actor.received(2)
    t.deepEqual(actor.numbers.toSorted(), ['a', 'b'])
    t.deepEqual(await numbers(link, { stream: 'a' }), ['a'])
  }
  await t.throwsAsync(subject.link({ values: { SUBSCRIPTION: 'a,b' } }), {
    message: /give PREFIX a part in braces/,
  })
})

test('10 restarts - every event that was written is delivered', async (t) => {
  await using redis = await startRedis()
  await using subject = await open(redis)
  const actor = new EventActor()
  await using link = await actor.link(subject, { ...group, PREFIX: '' })
  const written: string[] = []
  const codes = new Set<string>()
  const over = new AbortController()
  const load = (async () => {
    for (let n = 0; !over.signal.aborted; n++) {
      try {
        await write(link, 's', n)
        written.push(String(n))
      } catch (error) {
        codes.add((error as { code: string }).code)
        await delay(1)
      }
    }
  })()
  for (let round = 1; round <= 10; round++) {
    await redis.kill()
    await redis.restart()
    // Until the next round something must have been written again.
    const before = written.length
    while (written.length === before) await delay(1)
  }
  over.abort()
  await load
  // What was given to the link in an answer that never came is claimed a little later.
  await anyReceives([actor], () => {
    const delivered = new Set(actor.numbers)
    return written.every((n) => delivered.has(n))
  })
  t.true(written.length >= 10)
  for (const code of codes) {
    t.true(['ERR_SERVER_UNAVAILABLE', 'ERR_OUTCOME_UNKNOWN'].includes(code), code)
  }
  t.log(`written ${written.length}, delivered ${actor.numbers.length}`)
})
