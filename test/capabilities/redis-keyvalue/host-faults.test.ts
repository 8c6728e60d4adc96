/** Actors that use Redis through the host while Redis comes and goes. */
import test from 'ava'
import { memoryKeyValueProvider } from '../../../capabilities/memory-keyvalue/index.ts'
import { RedisConnections } from '../../../capabilities/redis-connection/index.ts'
import { redisKeyValueProvider } from '../../../capabilities/redis-keyvalue/index.ts'
import { encodeJsonRequest } from '../../../contracts/index.ts'
import { buildActor } from '../../support/actors.ts'
import { startFaultProxy } from '../../support/fault-proxy.ts'
import { startRedis } from '../../support/redis-server.ts'
import { TestHost } from '../../support/test-host.ts'
import { redisConfig, redisTerms, within } from '../support/redis-link.ts'

const contractId = 'wascc:keyvalue'
const timeoutMs = 2000

/** What became of calls, by the code of the provider's failure. */
interface Outcomes {
  answered: number
  highest: number
  readonly failed: Map<string, number>
  longestMs: number
}

/** A host whose counting actor is linked to Redis, and callers that count until they are stopped. */
async function counting(URL: string, callers: number) {
  await using opened = new AsyncDisposableStack()
  const host = opened.use(new TestHost({ providers: [redisKeyValueProvider()] }))
  const { id } = await host.startActor(await buildActor('kvcounter'))
  await host.link({ actor: id, contractId, values: { URL, PREFIX: '' } })
  const { operation, payload } = encodeJsonRequest('HandleRequest', { path: '/n' }, 'C')
  const outcomes: Outcomes = { answered: 0, highest: 0, failed: new Map(), longestMs: 0 }
  const running = { isOver: false }
  let waiting: (() => boolean)[] = []
  /** Resolves once `isSo`, which is looked at after every call. */
  const until = (isSo: () => boolean): Promise<void> =>
    new Promise((resolve) => {
      waiting.push(() => {
        const isDone = isSo()
        if (isDone) resolve()
        return isDone
      })
    })
  let ended = 0
  const once = async (): Promise<void> => {
    const startedAt = performance.now()
    try {
      const reply = Buffer.from(await host.call(id, operation, payload, { timeoutMs }))
      outcomes.answered++
      const counter = Number(/"counter":(\d+)/.exec(reply.toString('latin1'))?.[1])
      outcomes.highest = Math.max(outcomes.highest, counter)
    } catch (error) {
      const found = failureCode(error)
      outcomes.failed.set(found, (outcomes.failed.get(found) ?? 0) + 1)
    }
    outcomes.longestMs = Math.max(outcomes.longestMs, performance.now() - startedAt)
    ended++
    waiting = waiting.filter((isDone) => !isDone())
  }
  const loops = Array.from({ length: callers }, async () => {
    while (!running.isOver) {
      await once()
      await new Promise((resolve) => setImmediate(resolve))
    }
  })
  const stop = async (): Promise<void> => {
    running.isOver = true
    await Promise.all(loops)
  }
  opened.defer(stop)
  const owned = opened.move()
  return {
    outcomes,
    /** Resolves once so many more calls have been answered. */
    answers: (more: number) => {
      const enough = outcomes.answered + more
      return until(() => outcomes.answered >= enough)
    },
    /** Resolves once so many more calls have ended, one way or another. */
    calls: (more: number) => {
      const enough = ended + more
      return until(() => ended >= enough)
    },
    stop,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  }
}

/** The code of what the provider threw, or of what the host did. */
function failureCode(error: unknown): string {
  const { code, cause } = error as { code?: string; cause?: { code?: string } }
  return (code === 'ERR_PROVIDER_FAILED' ? cause?.code : code) ?? String(error)
}

async function stored(url: string): Promise<number> {
  await using held = await new RedisConnections().hold(redisConfig(url), redisTerms())
  return Number(await held.connection.run('get', [':n'], within(5000)))
}

test('redis-keyvalue - loses no answered increment to 20 kills, and repeats none', async (t) => {
  await using redis = await startRedis()
  await using counters = await counting(redis.url, 16)
  const { outcomes } = counters
  const recoveriesMs: number[] = []
  for (let round = 0; round < 20; round++) {
    await counters.answers(20)
    await redis.kill()
    await redis.restart()
    const backAt = performance.now()
    await counters.answers(1)
    recoveriesMs.push(performance.now() - backAt)
  }
  await counters.stop()
  const final = await stored(redis.url)
  const unknown = outcomes.failed.get('ERR_OUTCOME_UNKNOWN') ?? 0
  t.log({ ...outcomes, final, recoveriesMs: recoveriesMs.map(Math.round) })
  t.true(outcomes.answered >= 420)
  t.true(outcomes.highest <= final)
  t.true(final >= outcomes.answered, `${outcomes.answered} answered, ${final} stored`)
  t.true(final - outcomes.answered <= unknown, `${final - outcomes.answered} of ${unknown} unknown`)
  t.deepEqual(
    [...outcomes.failed.keys()].filter((code) => !/^ERR_(OUTCOME_UN|SERVER_UNAV)/.test(code)),
    [],
  )
  t.true(outcomes.longestMs < timeoutMs + 100, `${outcomes.longestMs} ms`)
  t.true(Math.max(...recoveriesMs) < 2000, `${recoveriesMs.join()} ms`)
})

test('redis-keyvalue - ends every call in time, whatever becomes of the connection', async (t) => {
  await using redis = await startRedis()
  await using proxy = await startFaultProxy(redis.port)
  await using counters = await counting(`redis://127.0.0.1:${proxy.port}`, 8)
  const { outcomes } = counters
  await counters.answers(20)
  const faults: (() => Promise<unknown>)[] = [
    async () => {
      proxy.reset()
      await counters.calls(8)
    },
    async () => {
      proxy.cutAfter(50, 'replies')
      await counters.calls(50)
    },
    async () => {
      proxy.cutAfter(30, 'requests')
      await counters.calls(50)
    },
    async () => {
      proxy.delay(50)
      await counters.calls(16)
    },
    async () => {
      await proxy.refuse()
      await counters.calls(100)
    },
    async () => {
      proxy.swallow('replies')
      await proxy.next('replies')
    },
  ]
  for (const fault of [...faults, ...faults, ...faults]) {
    await fault()
    proxy.reset()
    await proxy.pass()
    await counters.answers(20)
  }
  await counters.stop()
  const final = await stored(redis.url)
  const unknown =
    (outcomes.failed.get('ERR_OUTCOME_UNKNOWN') ?? 0) +
    (outcomes.failed.get('ERR_SERVER_TIMEOUT') ?? 0)
  t.log({ ...outcomes, final })
  t.true(final >= outcomes.answered, `${outcomes.answered} answered, ${final} stored`)
  t.true(final - outcomes.answered <= unknown, `${final - outcomes.answered} of ${unknown} unknown`)
  t.true(outcomes.longestMs < timeoutMs + 100, `${outcomes.longestMs} ms`)
})

test('redis-keyvalue - ends a call by its deadline on a half-open connection', async (t) => {
  await using redis = await startRedis()
  await using proxy = await startFaultProxy(redis.port)
  await using host = new TestHost({ providers: [redisKeyValueProvider()] })
  const { id } = await host.startActor(await buildActor('kvcounter'))
  const values = { URL: `redis://127.0.0.1:${proxy.port}` }
  await host.link({ actor: id, contractId, values })
  const { operation, payload } = encodeJsonRequest('HandleRequest', { path: '/n' }, 'C')
  proxy.swallow()
  const startedAt = performance.now()
  const failures = await Promise.all(
    Array.from({ length: 20 }, () =>
      t.throwsAsync(host.call(id, operation, payload, { timeoutMs: 300 })),
    ),
  )
  // Far from the five seconds after which the connection counts as dead, on a busy machine too.
  t.true(performance.now() - startedAt < 1500)
  // The provider and the host look at the clock in turn; either may be the first to see it.
  const codes = new Set(failures.map(failureCode))
  const expected = ['ERR_SERVER_TIMEOUT', 'ERR_INVOCATION_TIMEOUT']
  t.deepEqual(
    [...codes].filter((code) => !expected.includes(code)),
    [],
  )
})

test('swap - takes counters from Redis to memory and back, with the values that they have', async (t) => {
  await using redis = await startRedis()
  const providers = [redisKeyValueProvider(), memoryKeyValueProvider()]
  await using host = new TestHost({ providers })
  const { id } = await host.startActor(await buildActor('kvcounter'))
  const values = { URL: redis.url, PREFIX: 'visits', MAX_VALUE_BYTES: '1000' }
  await host.link({ actor: id, contractId, provider: 'redis-keyvalue', values })
  const visit = async (): Promise<unknown> => host.callJson(id, 'HandleRequest', { path: '/n' })
  t.like(await visit(), { body: '{"counter":1}' })
  await host.swap({ contractId, provider: 'memory-keyvalue', copy: true })
  t.like(await visit(), { body: '{"counter":2}' })
  await redis.kill()
  t.like(await visit(), { body: '{"counter":3}' })
  await t.throwsAsync(host.swap({ contractId, provider: 'redis-keyvalue', copy: true }))
  t.like(await visit(), { body: '{"counter":4}' })
  await redis.restart()
  await host.swap({ contractId, provider: 'redis-keyvalue', copy: true })
  t.like(await visit(), { body: '{"counter":5}' })
})
