/** What becomes of commands when the server or the way to it fails. */
import test from 'ava'
import {
  type RedisConnection,
  RedisConnections,
} from '../../../capabilities/redis-connection/index.ts'
import { type FaultProxy, startFaultProxy } from '../../support/fault-proxy.ts'
import { type RedisOptions, type RedisServer, startRedis } from '../../support/redis-server.ts'
import { redisConfig, redisTerms, within } from '../support/redis-link.ts'

interface Proxied extends AsyncDisposable {
  readonly redis: RedisServer
  readonly proxy: FaultProxy
  readonly connection: RedisConnection
}

async function proxied(options: RedisOptions = {}): Promise<Proxied> {
  await using opened = new AsyncDisposableStack()
  const redis = opened.use(await startRedis(options))
  const proxy = opened.use(await startFaultProxy(redis.port))
  const config = redisConfig(`redis://127.0.0.1:${proxy.port}`)
  const { connection } = opened.use(await new RedisConnections().hold(config, redisTerms()))
  const owned = opened.move()
  return { redis, proxy, connection, [Symbol.asyncDispose]: () => owned.disposeAsync() }
}

/** Asks until the connection is back; fails after `ms`. */
async function backWithin(connection: RedisConnection, ms: number): Promise<number> {
  const startedAt = performance.now()
  await connection.ready(AbortSignal.timeout(ms)).catch(() => undefined)
  for (;;) {
    try {
      await connection.run('ping', [], within(ms))
      return performance.now() - startedAt
    } catch (error) {
      if (performance.now() - startedAt > ms) throw error
      await new Promise((resolve) => setImmediate(resolve))
    }
  }
}

test('run - leaves open what became of a command whose answer was lost', async (t) => {
  await using at = await proxied()
  at.proxy.swallow('replies')
  const replied = at.proxy.next('replies')
  const adding = at.connection.run('incr', ['n'], within(5000))
  const reading = at.connection.run('get', ['n'], within(5000), true)
  await replied
  at.proxy.reset()
  const error = await t.throwsAsync(adding, { code: 'ERR_OUTCOME_UNKNOWN' })
  t.like(error, { detail: { operation: 'Test', server: at.connection.server } })
  await t.throwsAsync(reading, { code: 'ERR_SERVER_UNAVAILABLE' })
  await at.proxy.pass()
  await backWithin(at.connection, 2000)
  // Executed once, and never repeated.
  t.is(await at.connection.run('get', ['n'], within(1000)), '1')
})

test('run - waits a moment for a connection that was only reset', async (t) => {
  await using at = await proxied()
  const again = at.proxy.nextConnection()
  at.proxy.reset()
  await again
  t.is(await at.connection.run('incr', ['n'], within(1000)), 1)
})

test('run - fails at once while the server is gone, and works soon after it is back', async (t) => {
  await using at = await proxied()
  await at.proxy.refuse()
  await at.redis.kill()
  await t.throwsAsync(at.connection.run('incr', ['n'], within(5000)))
  await t.throwsAsync(at.connection.ready(AbortSignal.timeout(5000)), {
    code: 'ERR_SERVER_UNAVAILABLE',
  })
  const startedAt = performance.now()
  for (let count = 0; count < 100; count++) {
    await t.throwsAsync(at.connection.run('incr', ['n'], within(5000)), {
      code: 'ERR_SERVER_UNAVAILABLE',
    })
  }
  t.true(performance.now() - startedAt < 1000)
  await at.redis.restart()
  await at.proxy.pass()
  t.true((await backWithin(at.connection, 2000)) < 2000)
})

test('run - ends by its deadline on a half-open connection, which is then replaced', async (t) => {
  await using at = await proxied()
  at.proxy.swallow()
  const startedAt = performance.now()
  const error = await t.throwsAsync(at.connection.run('incr', ['n'], within(200)), {
    code: 'ERR_SERVER_TIMEOUT',
  })
  t.like(error, { detail: { operation: 'Test', timeoutMs: 200 } })
  t.true(performance.now() - startedAt < 1500)
  const waiting = at.connection.run('incr', ['n'], within(20_000))
  await t.throwsAsync(waiting, { code: 'ERR_OUTCOME_UNKNOWN', message: /said nothing for 5000 ms/ })
  await at.proxy.pass()
  t.true((await backWithin(at.connection, 3000)) < 3000)
})

test('run - takes slow answers, unless they are too slow for the call', async (t) => {
  await using at = await proxied()
  at.proxy.delay(100)
  t.is(await at.connection.run('incr', ['n'], within(1000)), 1)
  await t.throwsAsync(at.connection.run('incr', ['n'], within(50)), { code: 'ERR_SERVER_TIMEOUT' })
  t.is(await at.connection.run('incr', ['n'], within(1000)), 3)
})

test('run - fails while the server loads its data, and works when it has', async (t) => {
  await using at = await proxied({ config: { 'key-load-delay': '5000' } })
  for (let key = 0; key < 400; key++) await at.connection.run('set', [`k${key}`, 'x'], within(5000))
  await at.redis.restart(false)
  await t.throwsAsync(at.connection.run('incr', ['n'], within(2000)), {
    code: 'ERR_SERVER_UNAVAILABLE',
  })
  await backWithin(at.connection, 5000)
  t.is(await at.connection.run('incr', ['n'], within(1000)), 1)
})

test('run - says what a replica and a full server refuse', async (t) => {
  await using at = await proxied()
  await at.connection.run('config', ['set', 'maxmemory', '1'], within(1000))
  await t.throwsAsync(at.connection.run('set', ['a', 'x'], within(1000)), {
    code: 'ERR_SERVER_REFUSED',
    message: /OOM/,
  })
  t.is(await at.connection.run('get', ['a'], within(1000)), null)
  await at.connection.run('replicaof', ['127.0.0.1', '1'], within(1000))
  await t.throwsAsync(at.connection.run('set', ['a', 'x'], within(1000)), {
    code: 'ERR_SERVER_REFUSED',
    message: /READONLY/,
  })
})

test('run - survives connections cut in the middle of an answer', async (t) => {
  await using at = await proxied()
  await at.connection.run('set', ['a', 'x'.repeat(100_000)], within(1000))
  for (const bytes of [1, 5, 40_000]) {
    at.proxy.cutAfter(bytes, 'replies')
    await t.throwsAsync(at.connection.run('getset', ['a', 'x'.repeat(100_000)], within(2000)), {
      code: 'ERR_OUTCOME_UNKNOWN',
    })
    await at.proxy.pass()
    await backWithin(at.connection, 2000)
  }
})

test('run - leaves open what became of a command that was answered with nonsense', async (t) => {
  await using at = await proxied()
  for (const nonsense of ['?\r\n', '*99999999999999999999\r\n', 'HTTP/1.1 400 Bad\r\n']) {
    at.proxy.swallow('replies')
    const replied = at.proxy.next('replies')
    const adding = at.connection.run('incr', ['n'], within(5000))
    await replied
    at.proxy.inject(nonsense)
    await t.throwsAsync(adding, { code: 'ERR_OUTCOME_UNKNOWN' }, nonsense)
    await at.proxy.pass()
    at.proxy.reset()
    await backWithin(at.connection, 2000)
  }
  t.is(await at.connection.run('get', ['n'], within(1000)), '3')
})

test('run - is not needed to notice a dead connection: an idle one is asked for a sign of life', async (t) => {
  await using at = await proxied()
  t.regex(String(await at.proxy.next('requests')), /\bping\b/)
  t.regex(String(await at.proxy.next('replies')), /PONG/)
})
