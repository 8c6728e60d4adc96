import { copyFile, writeFile } from 'node:fs/promises'
import { setTimeout as delay } from 'node:timers/promises'
import test from 'ava'
import { natsMessagingProvider } from '../../../capabilities/nats-messaging/index.ts'
import { startFaultProxy } from '../../support/fault-proxy.ts'
import { startNats } from '../../support/nats-server.ts'
import { message, request } from '../messaging-contract.ts'
import { linkProvider } from '../support/linked-provider.ts'
import { MessageActor } from '../support/message-actor.ts'

/** How soon after the server is back every subscription has to be. */
const restoredWithinMs = 3000
const restarts = 20

/** What a publication came to. */
async function outcome(published: () => unknown): Promise<string> {
  try {
    await published()
    return 'sent'
  } catch (error) {
    return (error as { code?: string }).code ?? String(error)
  }
}

test(`${restarts} restarts - messages arrive or fail by code, subscriptions come back`, async (t) => {
  await using nats = await startNats()
  const provider = natsMessagingProvider()
  const actor = new MessageActor()
  const values = { URL: nats.url, MAX_PENDING: '100000' }
  await using receiver = await linkProvider(provider, {
    values: { ...values, SUBSCRIPTION: 'work.>,more' },
    invoke: actor.invoke,
  })
  await using sender = await linkProvider(provider, { actor: 'MB', values })
  const outcomes: string[] = []
  const over = new AbortController()
  const load = (async () => {
    while (!over.signal.aborted) {
      const ask = () => sender.ask('Publish', message('work.x', `${outcomes.length}`))
      outcomes.push(await outcome(ask))
      // What fails at once must not keep the rest from their turn.
      if (outcomes.at(-1) !== 'sent') await delay(1)
    }
  })()
  let slowestMs = 0
  for (let round = 0; round < restarts; round++) {
    await nats.kill()
    t.is(
      await outcome(() => sender.ask('Request', request('work.x', 'x'))).then((code) =>
        ['ERR_SERVER_UNAVAILABLE', 'ERR_OUTCOME_UNKNOWN'].includes(code),
      ),
      true,
    )
    await nats.restart()
    const backAt = performance.now()
    const probe = `probe ${round}`
    const isBack = (): boolean => actor.texts.includes(probe)
    while (!isBack() && performance.now() - backAt < restoredWithinMs) {
      await outcome(() => sender.ask('Publish', message('more', probe)))
      await delay(5)
    }
    t.true(isBack())
    slowestMs = Math.max(slowestMs, performance.now() - backAt)
  }
  over.abort()
  await load
  await sender.ask('Publish', message('more', 'end'))
  await actor.receives(({ body }) => new TextDecoder().decode(body) === 'end')

  const counts = Object.groupBy(outcomes, (each) => each)
  const known = ['sent', 'ERR_SERVER_UNAVAILABLE', 'ERR_OUTCOME_UNKNOWN']
  t.deepEqual(
    Object.keys(counts).filter((each) => !known.includes(each)),
    [],
  )
  const received = actor.messages
    .filter(({ subject }) => subject === 'work.x')
    .map(({ body }) => new TextDecoder().decode(body))
  t.is(new Set(received).size, received.length)
  for (const index of received) t.not(outcomes[Number(index)], 'ERR_SERVER_UNAVAILABLE')
  t.true((counts.sent ?? []).length > restarts)
  t.log(
    `slowest return ${Math.round(slowestMs)} ms;`,
    known.map((each) => `${each}: ${counts[each]?.length ?? 0}`).join(', '),
  )
  t.deepEqual(
    receiver.log.filter(({ level }) => level === 'error'),
    [],
  )
})

test('Publish - fails at once while the server is away, and is not sent later', async (t) => {
  await using nats = await startNats()
  const provider = natsMessagingProvider()
  const actor = new MessageActor()
  await using link = await linkProvider(provider, {
    values: { URL: nats.url, SUBSCRIPTION: 's' },
    invoke: actor.invoke,
  })
  await nats.kill()
  while (
    (await outcome(() => link.ask('Publish', message('s', 'a')))) !== 'ERR_SERVER_UNAVAILABLE'
  );
  const error = await t.throwsAsync(async () => link.ask('Publish', message('s', 'lost')), {
    code: 'ERR_SERVER_UNAVAILABLE',
  })
  t.like(error, { detail: { server: nats.url, reason: 'the connection is down' } })
  await t.throwsAsync(async () => link.ask('Request', request('s', 'lost')), {
    code: 'ERR_SERVER_UNAVAILABLE',
  })
  await t.throwsAsync(
    linkProvider(provider, { actor: 'MB', values: { URL: nats.url, SUBSCRIPTION: 's' } }),
    { code: 'ERR_SERVER_UNAVAILABLE' },
  )
  await nats.restart()
  while ((await outcome(() => link.ask('Publish', message('s', 'back')))) !== 'sent') await delay(5)
  await actor.received(1)
  t.false(actor.texts.includes('lost'))
  t.deepEqual(
    link.log.map(({ level, message: text }) => `${level} ${text}`),
    ['warn NATS is away', 'info NATS is back'],
  )
})

test('Publish - does not know what became of it if the connection breaks before the server answers', async (t) => {
  await using nats = await startNats()
  await using proxy = await startFaultProxy(nats.port)
  const values = { URL: `nats://127.0.0.1:${proxy.port}` }
  await using link = await linkProvider(natsMessagingProvider(), { values })
  proxy.swallow('replies')
  const sent = proxy.next('requests')
  const asked = outcome(() => link.ask('Publish', message('s', 'x')))
  t.regex((await sent).toString(), /^PUB s 1\r\nx\r\nPING\r\n$/)
  proxy.reset()
  t.is(await asked, 'ERR_OUTCOME_UNKNOWN')
})

test('Publish, Request - end with their caller where the server does not answer', async (t) => {
  await using nats = await startNats()
  await using proxy = await startFaultProxy(nats.port)
  const values = { URL: `nats://127.0.0.1:${proxy.port}` }
  await using link = await linkProvider(natsMessagingProvider(), { values })
  proxy.swallow()
  for (const operation of ['Publish', 'Request'] as const) {
    const abort = new AbortController()
    const asked = t.throwsAsync(
      async () =>
        operation === 'Publish'
          ? link.ask('Publish', message('s', 'x'), { signal: abort.signal })
          : link.ask('Request', request('s', 'x', 0), { signal: abort.signal }),
      { message: 'over' },
    )
    abort.abort(new Error('over'))
    await asked
  }
})

test('Publish - keeps a bound on what a silent server has not confirmed', async (t) => {
  await using nats = await startNats()
  await using proxy = await startFaultProxy(nats.port)
  const values = { URL: `nats://127.0.0.1:${proxy.port}` }
  await using link = await linkProvider(natsMessagingProvider(), { values })
  proxy.swallow()
  const abort = new AbortController()
  const body = new Uint8Array(1024 * 1024)
  const asks = Array.from({ length: 80 }, () =>
    outcome(() =>
      link.ask('Publish', { subject: 's', replyTo: '', body }, { signal: abort.signal }),
    ),
  )
  abort.abort(Object.assign(new Error('over'), { code: 'over' }))
  const codes = Object.groupBy(await Promise.all(asks), (code) => code)
  t.is(codes.over?.length, 63)
  t.is(codes.ERR_SERVER_UNAVAILABLE?.length, 17)
})

test('a link closes while its server is away', async (t) => {
  await using nats = await startNats()
  const actor = new MessageActor()
  const link = await linkProvider(natsMessagingProvider(), {
    values: { URL: nats.url, SUBSCRIPTION: 's' },
    invoke: actor.invoke,
  })
  await nats.kill()
  await link[Symbol.asyncDispose]()
  await nats.restart()
  await t.throwsAsync(async () => link.ask('Publish', message('s', 'x')), {
    code: 'ERR_SERVER_UNAVAILABLE',
  })
})

test('a login that the server forgot for a while is tried on', async (t) => {
  const users = [{ user: 'ann', password: 'old' }]
  await using nats = await startNats({ users })
  const actor = new MessageActor()
  await using link = await linkProvider(natsMessagingProvider(), {
    values: { URL: nats.url, USER: 'ann', PASSWORD: 'old', SUBSCRIPTION: 's' },
    invoke: actor.invoke,
  })
  await nats.restart([{ user: 'ann', password: 'new' }])
  // Twice is when the library gives up, unless it is told not to.
  while ((nats.output.match(/authentication error/g) ?? []).length < 3) await delay(5)
  t.is(await outcome(() => link.ask('Publish', message('s', 'x'))), 'ERR_SERVER_UNAVAILABLE')
  await nats.restart(users)
  while ((await outcome(() => link.ask('Publish', message('s', 'back')))) !== 'sent') await delay(5)
  await actor.received(1)
  t.false(actor.texts.includes('x'))
})

test('CREDSFILE - what was put into it meanwhile is used after an outage', async (t) => {
  await using nats = await startNats({ operator: true })
  const first = await nats.credentials()
  const second = await nats.credentials('shut')
  await using link = await linkProvider(natsMessagingProvider(), {
    values: { URL: nats.url, CREDSFILE: first.file },
  })
  t.is(await outcome(() => link.ask('Publish', message('shut', 'x'))), 'sent')
  await writeFile(first.file, 'nonsense')
  await nats.restart()
  while ((await outcome(() => link.ask('Publish', message('shut', 'x')))) !== 'sent') await delay(5)
  await copyFile(second.file, first.file)
  const refused = async (): Promise<boolean> => {
    await nats.restart()
    while ((await outcome(() => link.ask('Publish', message('s', 'x')))) !== 'sent') await delay(5)
    const shut = await outcome(() => link.ask('Publish', message('shut', 'x')))
    return shut === 'ERR_SERVER_REFUSED'
  }
  // The file is read with each login, for the one that follows.
  t.true((await refused()) || (await refused()))
})
