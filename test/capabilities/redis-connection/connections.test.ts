/** Who shares a connection, what opening one may fail with, and that nothing stays open. */
import test from 'ava'
import { RedisConnections } from '../../../capabilities/redis-connection/index.ts'
import { startFaultProxy } from '../../support/fault-proxy.ts'
import { freePort } from '../../support/free-port.ts'
import { startRedis } from '../../support/redis-server.ts'
import { redisConfig, redisTerms, within } from '../support/redis-link.ts'

test('hold - shares a connection by server and login, and closes it with its last holder', async (t) => {
  await using redis = await startRedis({ users: ['ann on >hers ~* +@all'] })
  await using proxy = await startFaultProxy(redis.port)
  const connections = new RedisConnections()
  const url = `redis://127.0.0.1:${proxy.port}`
  const [one, two, other, ann] = await Promise.all(
    [url, url, `${url}/1`, `redis://ann:hers@127.0.0.1:${proxy.port}`].map((each) =>
      connections.hold(redisConfig(each), redisTerms()),
    ),
  )
  t.is(one?.connection, two?.connection)
  t.not(one?.connection, other?.connection)
  t.not(one?.connection, ann?.connection)
  t.is(proxy.connections, 3)
  await one?.[Symbol.asyncDispose]()
  await one?.[Symbol.asyncDispose]()
  t.is(await two?.connection.run('ping', [], within(1000)), 'PONG')
  for (const held of [two, other, ann]) await held?.[Symbol.asyncDispose]()
  t.is(connections.size, 0)
  await t.throwsAsync(async () => two?.connection.run('ping', [], within(1000)), {
    code: 'ERR_SERVER_UNAVAILABLE',
  })
})

test('hold - fails at once where nobody listens, naming the server', async (t) => {
  const port = await freePort()
  const connections = new RedisConnections()
  const startedAt = performance.now()
  const error = await t.throwsAsync(
    connections.hold(redisConfig(`redis://:secret@127.0.0.1:${port}`), redisTerms()),
    { code: 'ERR_SERVER_UNAVAILABLE' },
  )
  t.true(performance.now() - startedAt < 1000)
  t.true(error.message.includes(`Redis 127.0.0.1:${port}`))
  t.regex(error.message, /ECONNREFUSED/)
  t.notRegex(error.message, /secret/)
  t.is(connections.size, 0)
})

test('hold - fails on a wrong or a missing password, without showing it', async (t) => {
  await using redis = await startRedis({ password: 'right' })
  const connections = new RedisConnections()
  for (const login of [':swordfish@', 'ann:swordfish@', '']) {
    const error = await t.throwsAsync(
      connections.hold(redisConfig(`redis://${login}127.0.0.1:${redis.port}`), redisTerms()),
      { code: 'ERR_SERVER_REFUSED', message: /WRONGPASS|NOAUTH/ },
    )
    t.notRegex(JSON.stringify([error.message, error]), /swordfish/)
  }
  await using held = await connections.hold(redisConfig(redis.url), redisTerms())
  t.is(await held.connection.run('ping', [], within(1000)), 'PONG')
  t.is(connections.size, 1)
})

test('hold - shows no password of a server that repeats what it does not understand', async (t) => {
  const args = ['--rename-command', 'HELLO', 'HI', '--rename-command', 'AUTH', 'OTHER']
  await using redis = await startRedis({ args })
  const error = await t.throwsAsync(
    new RedisConnections().hold(
      redisConfig(`redis://ann:swordfish@127.0.0.1:${redis.port}`),
      redisTerms(),
    ),
    { code: 'ERR_SERVER_REFUSED', message: /unknown command/i },
  )
  t.notRegex(JSON.stringify([error.message, error]), /swordfish/)
})

test('hold - fails on a database that is not there, instead of taking another', async (t) => {
  await using redis = await startRedis({ config: { databases: '2' } })
  const connections = new RedisConnections()
  await t.throwsAsync(connections.hold(redisConfig(`${redis.url}/2`), redisTerms()), {
    code: 'ERR_SERVER_REFUSED',
    message: /DB index is out of range/,
  })
  await using one = await connections.hold(redisConfig(`${redis.url}/1`), redisTerms())
  await using zero = await connections.hold(redisConfig(redis.url), redisTerms())
  await one.connection.run('set', ['a', 'one'], within(1000))
  t.is(await zero.connection.run('get', ['a'], within(1000)), null)
})

test('hold - speaks TLS to a server whose certificate is for its name, and to no other', async (t) => {
  await using redis = await startRedis({ tlsNames: ['localhost', 'redis.example'] })
  const caFile = redis.certificate?.caFile
  const connections = new RedisConnections()
  await using held = await connections.hold(redisConfig(redis.url, { caFile }), redisTerms())
  t.is(await held.connection.run('ping', [], within(1000)), 'PONG')
  const byAddress = `rediss://127.0.0.1:${redis.port}`
  for (const [url, tls] of [
    [byAddress, { caFile }],
    [redis.url, { caFile, serverName: 'other.example' }],
    [redis.url, {}],
  ] as const) {
    const error = await t.throwsAsync(connections.hold(redisConfig(url, tls), redisTerms()), {
      code: 'ERR_SERVER_UNAVAILABLE',
    })
    t.regex(error.message, /certificate/)
  }
  await using named = await connections.hold(
    redisConfig(byAddress, { caFile, serverName: 'redis.example' }),
    redisTerms(),
  )
  t.is(await named.connection.run('ping', [], within(1000)), 'PONG')
})

test('hold - names a certificate file that cannot be read', async (t) => {
  const config = redisConfig('rediss://localhost:1', { caFile: '/nowhere/ca.pem' })
  await t.throwsAsync(new RedisConnections().hold(config, redisTerms()), {
    message: 'TLS_CA_FILE "/nowhere/ca.pem" cannot be read (ENOENT)',
  })
})

test('hold - stops connecting when the link is no longer wanted', async (t) => {
  await using redis = await startRedis()
  await using proxy = await startFaultProxy(redis.port)
  proxy.swallow()
  const connections = new RedisConnections()
  const abort = new AbortController()
  const asked = proxy.next('requests')
  const config = redisConfig(`redis://127.0.0.1:${proxy.port}`)
  const holding = connections.hold(config, redisTerms(abort.signal))
  await asked
  abort.abort(new Error('not wanted'))
  await t.throwsAsync(holding, { message: 'not wanted' })
  t.is(connections.size, 0)
})

test('hold - gives up on a server that takes connections and says nothing', async (t) => {
  await using redis = await startRedis()
  await using proxy = await startFaultProxy(redis.port)
  proxy.swallow()
  const startedAt = performance.now()
  await t.throwsAsync(
    new RedisConnections().hold(redisConfig(`redis://127.0.0.1:${proxy.port}`), redisTerms()),
    { code: 'ERR_SERVER_UNAVAILABLE', message: /said nothing/ },
  )
  t.true(performance.now() - startedAt < 9000)
})
