import { randomBytes } from 'node:crypto'
import { inspect } from 'node:util'
import test from 'ava'
import { invocation } from '../../contracts/index.ts'
import { HostError } from '../../host/index.ts'
import { LatticeConnection } from '../../lattice/connection.ts'
import { PayloadStore } from '../../lattice/payload-store.ts'
import { KeyPair } from '../../signing/index.ts'
import { silentLogger } from '../../host/index.ts'
import { freePort } from '../support/free-port.ts'
import { startNats } from '../support/nats-server.ts'
import { callee, joinAsMember, lattice } from './support/member.ts'

const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values)
const echo = async ({ invocation: { msg } }: { invocation: { msg: Uint8Array } }) => msg

test('a call - reaches another host with its facts, and its answer comes back', async (t) => {
  await using nats = await startNats({ jetStream: true })
  await using here = await joinAsMember(nats.url)
  await using there = await joinAsMember(nats.url)
  const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
  await there.serve(async (call) => {
    t.is(call.invocation.operation, 'Do')
    t.is(call.depth, 3)
    t.is(call.traceparent, traceparent)
    t.is(call.actorToken, 'a.b.c')
    const leftMs = call.deadlineAt - performance.now()
    t.true(leftMs > 1000 && leftMs <= 2000, `${leftMs}`)
    return bytes(...call.invocation.msg, 9)
  })
  const facts = { depth: 3, traceparent, actorToken: 'a.b.c', timeoutMs: 2000 }
  t.deepEqual([...(await here.call(bytes(1, 2), facts))], [1, 2, 9])
})

test('a call - fails at once, and by code, if no host runs the target', async (t) => {
  await using nats = await startNats({ jetStream: true })
  await using here = await joinAsMember(nats.url)
  const startedAt = performance.now()
  const error = await t.throwsAsync(here.call(bytes(1), { timeoutMs: 60_000 }), {
    code: 'ERR_NO_HOST',
  })
  t.like(error, { detail: { target: callee, operation: 'Do' } })
  t.true(performance.now() - startedAt < 5000)
})

test('a call - ends at its deadline here, and is told to end there', async (t) => {
  await using nats = await startNats({ jetStream: true })
  await using here = await joinAsMember(nats.url)
  await using there = await joinAsMember(nats.url)
  const ended = Promise.withResolvers<unknown>()
  await there.serve(({ signal }) => {
    signal.addEventListener('abort', () => ended.resolve(signal.reason))
    return new Promise(() => {})
  })
  await t.throwsAsync(here.call(bytes(1), { timeoutMs: 200 }), { code: 'ERR_REMOTE_TIMEOUT' })
  t.like(await ended.promise, { code: 'ERR_REMOTE_TIMEOUT' })
})

test('a call - that is given up is given up on the other host too', async (t) => {
  await using nats = await startNats({ jetStream: true })
  await using here = await joinAsMember(nats.url)
  await using there = await joinAsMember(nats.url)
  const begun = Promise.withResolvers<void>()
  const ended = Promise.withResolvers<string>()
  await there.serve(({ signal }) => {
    begun.resolve()
    signal.addEventListener('abort', () => ended.resolve((signal.reason as Error).message))
    return new Promise(() => {})
  })
  const abort = new AbortController()
  const call = here.call(bytes(1), { signal: abort.signal, timeoutMs: 60_000 })
  await begun.promise
  abort.abort(new Error('enough'))
  await t.throwsAsync(call, { message: 'enough' })
  t.is(await ended.promise, 'the caller waits no more')
})

test('a failure - keeps its code and text on the way', async (t) => {
  await using nats = await startNats({ jetStream: true })
  await using here = await joinAsMember(nats.url)
  await using there = await joinAsMember(nats.url)
  await there.serve(async () => {
    throw new HostError('ERR_POLICY_DENIED', { actor: 'M', reason: 'r' }, 'not \u001b[31m you')
  })
  const error = await t.throwsAsync(here.call(bytes(1)), { code: 'ERR_POLICY_DENIED' })
  t.regex(error?.message ?? '', /^not .*you$/)
  t.notRegex(error?.message ?? '', /\u001b/)
})

test('a payload over the limit - travels both ways, and nothing is left of it', async (t) => {
  await using nats = await startNats({ jetStream: true })
  await using here = await joinAsMember(nats.url)
  await using there = await joinAsMember(nats.url)
  await there.serve(async ({ invocation: { msg } }) => {
    const answer = new Uint8Array(msg)
    return answer.reverse()
  })
  const large = randomBytes(5 * 1024 * 1024)
  const answer = await here.call(large, { timeoutMs: 20_000 })
  t.true(Buffer.from(answer).reverse().equals(large))

  const store = await here.connection.jetStream.views.os(lattice)
  const left = async (): Promise<number> =>
    (await (store as unknown as { list(): Promise<unknown[]> }).list()).length
  // Deleting is not waited for.
  for (let tries = 0; tries < 100 && (await left()) > 0; tries++);
  t.is(await left(), 0)
})

test('a payload - one of more than 64 MiB is not sent', async (t) => {
  await using nats = await startNats({ jetStream: true })
  await using here = await joinAsMember(nats.url)
  const error = await t.throwsAsync(here.call(new Uint8Array(64 * 1024 * 1024 + 1)), {
    code: 'ERR_REMOTE_PAYLOAD',
  })
  t.like(error, { detail: { maxBytes: 64 * 1024 * 1024 } })
})

test('a payload store - makes its bucket again when somebody removed it', async (t) => {
  await using nats = await startNats({ jetStream: true })
  await using connection = await LatticeConnection.open({ url: nats.url }, silentLogger)
  const payloads = new PayloadStore(connection, lattice)
  const signal = AbortSignal.timeout(20_000)
  await payloads.put('a', bytes(1, 2), signal)
  const store = await connection.jetStream.views.os(lattice)
  await (store as unknown as { destroy(): Promise<boolean> }).destroy()
  await payloads.put('b', bytes(3, 4, 5), signal)
  t.deepEqual([...(await payloads.take('b', 3, signal))], [3, 4, 5])
  await t.throwsAsync(payloads.take('c', 3, signal), { code: 'ERR_REMOTE_MESSAGE' })
})

test('frames caught on the wire - are refused when they come again, whole or changed', async (t) => {
  await using nats = await startNats({ jetStream: true })
  await using here = await joinAsMember(nats.url)
  await using there = await joinAsMember(nats.url)
  await using third = await joinAsMember(nats.url)
  let executed = 0
  await there.serve(async ({ invocation: { msg } }) => {
    executed++
    return msg
  })
  const subject = there.subjects.actor(callee)
  const caught: Uint8Array[] = []
  const enough = Promise.withResolvers<void>()
  await third.connection.listen(subject, undefined, ({ body }) => {
    if (caught.push(body) === 20) enough.resolve()
  })
  for (let call = 0; call < 20; call++) await here.call(bytes(call))
  await enough.promise
  const frames = [...caught]
  t.is(executed, 20)

  const refused = async (body: Uint8Array): Promise<void> => {
    const question = { subject, body, timeoutMs: 5000, target: callee, operation: 'Do' }
    const answer = await third.connection.ask(question)
    t.regex(answer.header('error-code'), /^ERR_(INVOCATION_REFUSED|MESSAGE_INVALID)$/)
  }
  for (const frame of frames) {
    const asked = invocation.decode(frame)
    await refused(frame)
    await refused(invocation.encode({ ...asked, msg: bytes(99) }))
    await refused(invocation.encode({ ...asked, id: crypto.randomUUID() }))
    await refused(invocation.encode({ ...asked, operation: 'Undo' }))
    await refused(invocation.encode({ ...asked, encodedClaims: '' }))
    await refused(invocation.encode({ ...asked, origin: { ...asked.origin, publicKey: callee } }))
    for (let at = 0; at < frame.length; at += 29) {
      const changed = new Uint8Array(frame)
      changed[at] = (changed[at] ?? 0) ^ 0x41
      await refused(changed)
    }
  }
  t.is(executed, 20)
})

test('a host of another cluster - is refused', async (t) => {
  await using nats = await startNats({ jetStream: true })
  await using there = await joinAsMember(nats.url)
  await using stranger = await joinAsMember(nats.url, { key: KeyPair.generate('cluster') })
  await there.serve(async () => {
    t.fail()
    return bytes()
  })
  await t.throwsAsync(stranger.call(bytes(1)), { code: 'ERR_INVOCATION_REFUSED' })
  t.pass()
})

test('calls under way - are bounded by number, and by bytes', async (t) => {
  await using nats = await startNats({ jetStream: true })
  await using here = await joinAsMember(nats.url)
  await using there = await joinAsMember(nats.url, { maxCalls: 2, maxBytes: 100 })
  const release = Promise.withResolvers<Uint8Array>()
  const begun = Promise.withResolvers<void>()
  let count = 0
  await there.serve(() => {
    if (++count === 2) begun.resolve()
    return release.promise
  })
  const calls = [here.call(bytes(1)), here.call(bytes(2))]
  await begun.promise
  await t.throwsAsync(here.call(bytes(3)), { code: 'ERR_REMOTE_BUSY' })
  release.resolve(bytes(7))
  await Promise.all(calls)
  t.is((await here.call(bytes(4))).length, 1)
  await t.throwsAsync(here.call(new Uint8Array(101)), { code: 'ERR_REMOTE_BUSY' })
})

test('one that stops serving - answers what it was asked before', async (t) => {
  await using nats = await startNats({ jetStream: true })
  await using here = await joinAsMember(nats.url)
  await using there = await joinAsMember(nats.url)
  const release = Promise.withResolvers<Uint8Array>()
  const begun = Promise.withResolvers<void>()
  const stop = await there.serve(() => {
    begun.resolve()
    return release.promise
  })
  const call = here.call(bytes(1))
  await begun.promise
  const stopped = stop()
  release.resolve(bytes(7))
  await stopped
  t.is((await call)[0], 7)
  await t.throwsAsync(here.call(bytes(1)), { code: 'ERR_NO_HOST' })
})

test('a server - without JetStream is not joined', async (t) => {
  await using nats = await startNats()
  const error = await t.throwsAsync(joinAsMember(nats.url), { code: 'ERR_LATTICE_SERVER' })
  t.like(error, { detail: { lacks: 'JetStream' } })
})

test('joining - says that nobody listens there, or that the login is refused', async (t) => {
  const url = `nats://127.0.0.1:${await freePort()}`
  const error = await t.throwsAsync(joinAsMember(url), { code: 'ERR_LATTICE_UNAVAILABLE' })
  t.like(error, { detail: { server: url, reason: 'nobody listens there' } })
  await using nats = await startNats({ token: 'hush', jetStream: true })
  await t.throwsAsync(joinAsMember(nats.url), { code: 'ERR_LATTICE_REFUSED' })
  for (const access of [
    { url: 'http://ann:hush@host' },
    { url: 'nats://ann:hush@host', login: { kind: 'token', token: 'hush' } },
    { url: 'nats://host', login: { kind: 'credentials', path: '/none' } },
  ] as const) {
    const settings = await t.throwsAsync(LatticeConnection.open(access, silentLogger), {
      code: 'ERR_LATTICE_SETTINGS',
    })
    t.notRegex(inspect(settings), /hush/)
  }
})

test('rights - a subject that the user may not listen to is an error by code', async (t) => {
  const permissions = { publish: ['>'], subscribe: ['_INBOX.>'] }
  const users = [{ user: 'ann', password: 'pw', permissions }]
  await using nats = await startNats({ users, jetStream: true })
  const login = { kind: 'password', user: 'ann', password: 'pw' } as const
  await using connection = await LatticeConnection.open({ url: nats.url, login }, silentLogger)
  const listening = connection.listen('wasmbus.rpc.test.x', undefined, () => {})
  await t.throwsAsync(listening, { code: 'ERR_LATTICE_REFUSED' })
})

test('an outage - calls fail at once meanwhile, one under way is unknown, and all is well after it', async (t) => {
  await using nats = await startNats({ jetStream: true })
  await using here = await joinAsMember(nats.url)
  await using there = await joinAsMember(nats.url)
  const begun = Promise.withResolvers<void>()
  await there.serve(({ invocation: { msg } }) => {
    begun.resolve()
    return msg[0] === 0 ? new Promise(() => {}) : echo({ invocation: { msg } })
  })
  const stuck = here.call(bytes(0), { timeoutMs: 60_000 })
  await begun.promise
  const changes = [here, there].map(({ connection }) => {
    const back = Promise.withResolvers<void>()
    connection.onChange((isUp) => isUp && back.resolve())
    return back.promise
  })
  await nats.kill()
  await t.throwsAsync(stuck, { code: 'ERR_REMOTE_UNKNOWN' })
  const startedAt = performance.now()
  await t.throwsAsync(here.call(bytes(1)), { code: 'ERR_LATTICE_UNAVAILABLE' })
  t.true(performance.now() - startedAt < 1000)
  await nats.restart()
  await Promise.all(changes)
  t.is((await here.call(bytes(1)))[0], 1)
})
