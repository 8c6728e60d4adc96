/** Redis behind a Sentinel, and Redis as a cluster. */
import test from 'ava'
import { RedisConnections } from '../../../capabilities/redis-connection/index.ts'
import { redisKeyValueProvider } from '../../../capabilities/redis-keyvalue/index.ts'
import type { LinkContent } from '../../../host/index.ts'
import { startCluster, startSentinel, until } from '../../support/redis-topologies.ts'
import { linkProvider } from '../support/linked-provider.ts'
import { redisConfig, redisTerms, within } from '../support/redis-link.ts'

test('Sentinel - leads to the master, and to its successor once it is dead', async (t) => {
  await using servers = await startSentinel()
  const provider = redisKeyValueProvider()
  await using link = await linkProvider(provider, { values: { URL: servers.url } })
  const deadlineAt = () => ({ deadlineAt: performance.now() + 2000 })
  t.deepEqual(await link.ask('Add', { key: 'n', value: 1 }, deadlineAt()), { value: 1 })
  await until(servers.replica.port, 'DBSIZE', /:1/)
  await servers.master.kill()
  await until(servers.replica.port, 'INFO replication', /role:master/)
  const failed = new Set<unknown>()
  for (;;) {
    try {
      await link.ask('Add', { key: 'n', value: 1 }, deadlineAt())
      break
    } catch (error) {
      failed.add((error as { code?: unknown }).code)
      await new Promise((resolve) => setImmediate(resolve))
    }
  }
  t.deepEqual(
    [...failed].filter(
      (code) => code !== 'ERR_SERVER_UNAVAILABLE' && code !== 'ERR_OUTCOME_UNKNOWN',
    ),
    [],
  )
  const { value } = await link.ask('Get', { key: 'n' }, deadlineAt())
  t.true(value === '2' || failed.has('ERR_OUTCOME_UNKNOWN'), value)
})

test('Sentinel - fails the link where no master has the name, or no Sentinel is there', async (t) => {
  await using servers = await startSentinel()
  const connections = new RedisConnections()
  const wrong = `redis+sentinel://127.0.0.1:${servers.sentinelPort}/other`
  await t.throwsAsync(connections.hold(redisConfig(wrong), redisTerms()), {
    code: 'ERR_SERVER_UNAVAILABLE',
    message: /No such master with that name; correct the name/,
  })
  await t.throwsAsync(
    connections.hold(redisConfig('redis+sentinel://127.0.0.1:1/counters'), redisTerms()),
    { code: 'ERR_SERVER_UNAVAILABLE', message: /failed to connect to sentinel 127.0.0.1:1/ },
  )
})

test('Cluster - keeps the keys of a link together, and each link somewhere', async (t) => {
  await using cluster = await startCluster()
  const provider = redisKeyValueProvider()
  const values = { URL: cluster.url }
  await using stack = new AsyncDisposableStack()
  for (const actor of ['MA', 'MB', 'MC', 'MD', 'ME', 'MF']) {
    const link = stack.use(await linkProvider(provider, { values, actor }))
    for (const key of ['1', '2', '{3}', '}4']) {
      t.deepEqual(await link.ask('SetAdd', { key, value: 'common' }), { newCount: 1 })
      await link.ask('SetAdd', { key, value: key })
    }
    const keys = ['1', '2', '{3}', '}4']
    t.deepEqual(await link.ask('SetIntersection', { keys }), { values: ['common'] })
    t.is((await link.ask('SetUnion', { keys })).values.length, 5)
    const sums = await Promise.all(
      Array.from({ length: 50 }, async () => link.ask('Add', { key: 'n', value: 1 })),
    )
    t.is(Math.max(...sums.map(({ value }) => value)), 50)
    const listed: string[] = []
    const content = link.content as LinkContent
    for await (const key of content.keys(new AbortController().signal)) listed.push(key)
    t.deepEqual(listed.sort(), ['1', '2', 'n', '{3}', '}4'])
  }
})

test('Cluster - says what it cannot do with keys in several slots', async (t) => {
  await using cluster = await startCluster()
  const values = { URL: cluster.url, PREFIX: '' }
  await using link = await linkProvider(redisKeyValueProvider(), { values })
  await t.throwsAsync(async () => link.ask('SetUnion', { keys: ['a', 'b', 'c'] }), {
    code: 'ERR_SERVER_REFUSED',
    message: /CROSSSLOT|same slot/i,
  })
  for (const key of ['a', 'b', 'c', 'd']) {
    await link.ask('Set', { key, value: 'x', expiresSeconds: 0 })
  }
  const listed: string[] = []
  for await (const key of (link.content as LinkContent).keys(new AbortController().signal)) {
    listed.push(key)
  }
  t.deepEqual(listed.sort(), ['a', 'b', 'c', 'd'])
})

test('Cluster - goes on with the nodes that are there, and with one that comes back', async (t) => {
  await using cluster = await startCluster()
  await using held = await new RedisConnections().hold(redisConfig(cluster.url), redisTerms())
  const { connection } = held
  // In slots 15495, 3300 and 7365: the third, the first and the second node.
  for (const key of ['a', 'b', 'c']) await connection.run('set', [key, '1'], within(2000))
  const [, , third] = cluster.nodes
  await third?.kill()
  const codes = new Set<unknown>()
  for (let count = 0; count < 20; count++) {
    const error = await t.throwsAsync(connection.run('incr', ['a'], within(1000)))
    codes.add((error as { code?: unknown }).code)
    t.is(await connection.run('get', ['b'], within(1000)), '1')
    t.is(await connection.run('get', ['c'], within(1000)), '1')
  }
  codes.delete('ERR_OUTCOME_UNKNOWN')
  t.deepEqual([...codes], ['ERR_SERVER_UNAVAILABLE'])
  await third?.restart()
  const startedAt = performance.now()
  let open = 0
  for (;;) {
    try {
      await connection.run('incr', ['a'], within(1000))
      break
    } catch (error) {
      if (performance.now() - startedAt > 10_000) throw error
      if ((error as { code?: unknown }).code !== 'ERR_SERVER_UNAVAILABLE') open++
      await new Promise((resolve) => setImmediate(resolve))
    }
  }
  const counted = Number(await connection.run('get', ['a'], within(1000)))
  t.true(counted >= 2 && counted <= 2 + open, `${counted}, ${open} left open`)
})

test('Cluster - fails the link where no node is there', async (t) => {
  await t.throwsAsync(
    new RedisConnections().hold(
      redisConfig('redis+cluster://127.0.0.1:1,127.0.0.1:2'),
      redisTerms(),
    ),
    { code: 'ERR_SERVER_UNAVAILABLE', message: /ECONNREFUSED/ },
  )
})
