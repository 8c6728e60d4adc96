import { setImmediate as nextTurn } from 'node:timers/promises'
import { inspect } from 'node:util'
import test from 'ava'
import { natsMessagingProvider } from '../../../capabilities/nats-messaging/index.ts'
import { KeyPair } from '../../../signing/index.ts'
import { startFaultProxy } from '../../support/fault-proxy.ts'
import { freePort } from '../../support/free-port.ts'
import { startNats } from '../../support/nats-server.ts'
import { message, request } from '../messaging-contract.ts'
import { type LinkFacts, linkProvider, valueProblems } from '../support/linked-provider.ts'
import { MessageActor } from '../support/message-actor.ts'

/** Whether a message goes out and comes back over a link with these values. */
async function works(values: Record<string, string>): Promise<boolean> {
  const actor = new MessageActor()
  const all = { ...values, SUBSCRIPTION: 'round.trip' }
  await using link = await linkProvider(natsMessagingProvider(), {
    values: all,
    invoke: actor.invoke,
  })
  await link.ask('Publish', message('round.trip', 'x'))
  await actor.received(1)
  return true
}

test('links with the same servers and login share a connection, and close it together', async (t) => {
  await using nats = await startNats()
  await using proxy = await startFaultProxy(nats.port)
  const provider = natsMessagingProvider()
  const link = (facts: LinkFacts = {}) =>
    linkProvider(provider, {
      ...facts,
      values: { URL: `nats://127.0.0.1:${proxy.port}`, ...facts.values },
    })
  const links = await Promise.all(
    ['MA', 'MB', 'MC'].map((actor) => link({ actor, values: { SUBSCRIPTION: actor } })),
  )
  t.is(proxy.connections, 1)
  {
    await using _other = await link({ actor: 'MD', values: { USER: 'someone' } })
    t.is(proxy.connections, 2)
  }
  await links[0]![Symbol.asyncDispose]()
  await links[1]!.ask('Publish', message('s', 'x'))
  await Promise.all(links.map((each) => each[Symbol.asyncDispose]()))
  while (proxy.connections > 0) await nextTurn()
  await using _again = await link()
  t.is(proxy.connections, 1)
})

test('link - fails with where and why if no server listens', async (t) => {
  const port = await freePort()
  const values = { URL: `nats://ann:hush@127.0.0.1:${port}` }
  const error = await t.throwsAsync(linkProvider(natsMessagingProvider(), { values }), {
    code: 'ERR_SERVER_UNAVAILABLE',
  })
  t.like(error, {
    detail: { server: `nats://127.0.0.1:${port}`, reason: 'nobody listens there' },
  })
  t.notRegex(inspect(error), /hush/)
})

test('link - takes the first server of a list that answers', async (t) => {
  await using nats = await startNats()
  t.true(await works({ URL: `127.0.0.1:${await freePort()},127.0.0.1:${nats.port}` }))
})

test('link - logs in with user and password, in values or in the URL', async (t) => {
  await using nats = await startNats({ users: [{ user: 'ann', password: 'p@ss w' }] })
  t.true(await works({ URL: nats.url, USER: 'ann', PASSWORD: 'p@ss w' }))
  t.true(await works({ URL: `nats://ann:p%40ss%20w@127.0.0.1:${nats.port}` }))
  for (const values of [{}, { USER: 'ann', PASSWORD: 'wrong' }, { TOKEN: 'p@ss w' }]) {
    const error = await t.throwsAsync(works({ URL: nats.url, ...values }), {
      code: 'ERR_SERVER_REFUSED',
    })
    t.notRegex(inspect(error), /wrong|p@ss/)
  }
})

test('link - logs in with a token, in values or in the URL', async (t) => {
  await using nats = await startNats({ token: 's3cret' })
  t.true(await works({ URL: nats.url, TOKEN: 's3cret' }))
  t.true(await works({ URL: `nats://s3cret@127.0.0.1:${nats.port}` }))
  await t.throwsAsync(works({ URL: nats.url, TOKEN: 'other' }), { code: 'ERR_SERVER_REFUSED' })
})

test('link - logs in with an nkey', async (t) => {
  const user = KeyPair.generate('user')
  await using nats = await startNats({ nkeys: [user.publicKey] })
  t.true(await works({ URL: nats.url, CLIENT_SEED: user.seed }))
  const other = KeyPair.generate('user').seed
  const error = await t.throwsAsync(works({ URL: nats.url, CLIENT_SEED: other }), {
    code: 'ERR_SERVER_REFUSED',
  })
  t.notRegex(inspect(error), new RegExp(other))
})

test('link - logs in as a user that an account signed, from values or a file', async (t) => {
  await using nats = await startNats({ operator: true })
  const { jwt, seed, file } = await nats.credentials()
  t.true(await works({ URL: nats.url, CLIENT_JWT: jwt, CLIENT_SEED: seed }))
  t.true(await works({ URL: nats.url, CREDSFILE: file }))
  await t.throwsAsync(works({ URL: nats.url }), { code: 'ERR_SERVER_REFUSED' })
  await t.throwsAsync(works({ URL: nats.url, CREDSFILE: `${file}.none` }), {
    message: /^CREDSFILE .*\.none cannot be read: ENOENT$/,
  })
})

test('link - says that a seed is none, and does not say what it was', async (t) => {
  const bad = `SU${'A'.repeat(56)}`
  const error = await t.throwsAsync(works({ URL: '127.0.0.1:1', CLIENT_SEED: bad }), {
    message: 'CLIENT_SEED is not the seed of a user',
  })
  t.notRegex(inspect(error), /AAAA/)
})

test('link - speaks TLS, and takes no certificate of another name or authority', async (t) => {
  await using nats = await startNats({ tlsNames: ['localhost'] })
  const { caFile } = nats.certificate!
  t.true(await works({ URL: nats.url, TLS_CA_FILE: caFile }))
  for (const values of [
    { URL: nats.url },
    { URL: `tls://127.0.0.1:${nats.port}`, TLS_CA_FILE: caFile },
    { URL: `nats://127.0.0.1:${nats.port}`, TLS_CA_FILE: caFile },
  ]) {
    await t.throwsAsync(works(values), { code: 'ERR_SERVER_UNAVAILABLE' })
  }
  await t.throwsAsync(works({ URL: nats.url, TLS_CA_FILE: '/none' }), {
    message: /^TLS_CA_FILE \/none/,
  })
})

test('link - checks the address that a certificate is for', async (t) => {
  await using nats = await startNats({ tlsNames: ['127.0.0.1'] })
  const TLS_CA_FILE = nats.certificate!.caFile
  t.true(await works({ URL: `tls://127.0.0.1:${nats.port}`, TLS_CA_FILE }))
  await t.throwsAsync(works({ URL: `tls://localhost:${nats.port}`, TLS_CA_FILE }), {
    code: 'ERR_SERVER_UNAVAILABLE',
  })
})

test('link - does not speak without TLS where TLS is asked for', async (t) => {
  await using nats = await startNats()
  const error = await t.throwsAsync(works({ URL: `tls://127.0.0.1:${nats.port}` }), {
    code: 'ERR_SERVER_UNAVAILABLE',
  })
  t.like(error, { detail: { reason: 'it does not speak TLS' } })
})

test('Publish, Request, SUBSCRIPTION - tell what the server refuses', async (t) => {
  const permissions = { publish: ['open.>', '_INBOX.>'], subscribe: ['open.>', '_INBOX.>'] }
  await using nats = await startNats({ users: [{ user: 'u', password: 'p', permissions }] })
  const values = { URL: nats.url, USER: 'u', PASSWORD: 'p' }
  const provider = natsMessagingProvider()
  await using link = await linkProvider(provider, { values })
  const asks = await Promise.allSettled(
    ['open.a', 'shut.a', 'open.b', 'shut.b'].map(async (to) =>
      link.ask('Publish', message(to, 'x')),
    ),
  )
  t.deepEqual(
    asks.map((ask) => (ask.status === 'rejected' ? codeOf(ask.reason) : 'sent')),
    ['sent', 'ERR_SERVER_REFUSED', 'sent', 'ERR_SERVER_REFUSED'],
  )
  await t.throwsAsync(async () => link.ask('Request', request('shut.a', 'x')), {
    code: 'ERR_SERVER_REFUSED',
  })
  await t.throwsAsync(
    linkProvider(provider, { actor: 'MB', values: { ...values, SUBSCRIPTION: 'open.x,shut.x' } }),
    { code: 'ERR_SERVER_REFUSED' },
  )
  await link.ask('Publish', message('open.a', 'x'))
})

test('Publish - is held to the size that the server takes', async (t) => {
  await using nats = await startNats({ maxPayload: 1000 })
  await using link = await linkProvider(natsMessagingProvider(), { values: { URL: nats.url } })
  await link.ask('Publish', message('s', 'x'.repeat(1000)))
  const error = await t.throwsAsync(
    async () => link.ask('Publish', message('s', 'x'.repeat(1001))),
    { code: 'ERR_MESSAGE_TOO_LARGE' },
  )
  t.like(error, { detail: { sizeBytes: 1001, maxBytes: 1000 } })
})

test('a trace goes along with a message', async (t) => {
  await using nats = await startNats()
  const provider = natsMessagingProvider()
  const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
  const got = Promise.withResolvers<string | undefined>()
  await using _receiver = await linkProvider(provider, {
    values: { URL: nats.url, SUBSCRIPTION: 's' },
    invoke: async (_operation, _request, options) => {
      got.resolve(options?.traceparent)
      return undefined
    },
  })
  await using sender = await linkProvider(provider, { actor: 'MB', values: { URL: nats.url } })
  await sender.ask('Publish', message('s', 'x'), { traceparent })
  t.is(await got.promise, traceparent)
})

test('info - names server and subscriptions, and no password', async (t) => {
  await using nats = await startNats({ users: [{ user: 'ann', password: 'hush' }] })
  const URL = `nats://ann:hush@127.0.0.1:${nats.port}`
  const values = { URL, SUBSCRIPTION: 'a,b', QUEUEGROUP_NAME: 'g' }
  await using link = await linkProvider(natsMessagingProvider(), { values })
  t.deepEqual(link.info, {
    server: `nats://127.0.0.1:${nats.port}`,
    subscriptions: 'a, b',
    queueGroup: 'g',
  })
})

for (const [values, problem] of [
  [{ URL: '' }, /^URL: address 1 is not a URL; write nats:/],
  [{ URL: 'http://host' }, /^URL: address 1 begins with http:\/\/; write nats:/],
  [{ URL: 'nats://a,ws://b' }, /^URL: address 2 begins with ws:/],
  [{ URL: 'nats://a:4222/x' }, /something after its port/],
  [{ URL: 'nats://a,tls://b' }, /some addresses are tls/],
  [{ URL: 'nats://u:p@a,nats://u:q@b' }, /^URL: address 2 has another login/],
  [{ URL: 'u:p@a:4222' }, /^URL: address 1 has a login and no scheme; write nats:/],
  [{ URL: 'nats://%zz@a' }, /^URL: the login in an address has a %/],
  [{ URL: 'nats://a:99999' }, /^URL: address 1 is not a URL/],
  [{ URL: 'nats://u:p@a', USER: 'u' }, /^URL: several logins: a login in URL, USER; give one$/],
  [{ TOKEN: 't', CREDSFILE: 'c' }, /^URL: several logins: TOKEN, CREDSFILE; give one$/],
  [{ PASSWORD: 'p' }, /^PASSWORD: needs USER$/],
  [{ CLIENT_JWT: 'j' }, /^CLIENT_JWT: needs CLIENT_SEED/],
  [{ CLIENT_SEED: 'SAAB' }, /^CLIENT_SEED: is not the seed of a user/],
  [{ TOKEN: '' }, /^TOKEN: is empty; leave it out instead$/],
  [{ TLS_CERT_FILE: 'c' }, /^TLS_CERT_FILE: needs the other of the two$/],
  [{ TLS_KEY_FILE: 'k' }, /^TLS_KEY_FILE: needs the other of the two$/],
] as const) {
  test(`link values - refuse ${JSON.stringify(values)}`, async (t) => {
    const problems = await valueProblems(natsMessagingProvider(), values)
    t.is(problems.length, 1)
    t.regex(problems[0] ?? '', problem)
    t.notRegex(problems[0] ?? '', /u:p|u:q/)
  })
}

function codeOf(error: unknown): unknown {
  return (error as { code?: unknown } | null)?.code
}
