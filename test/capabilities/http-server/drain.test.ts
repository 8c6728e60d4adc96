import { connect } from 'node:net'
import { once } from 'node:events'
import test from 'ava'
import type { HttpResponse } from '../../../contracts/index.ts'
import { freePort } from '../../support/free-port.ts'
import {
  askUntilInvoked,
  exchangeRaw,
  linkServer,
  openClient,
  statusesIn,
  textResponse,
} from './support/linked-server.ts'

const get = (path: string, more = ''): string => `GET ${path} HTTP/1.1\r\nHost: a\r\n${more}\r\n`

/** An actor that answers once it is let. */
function heldActor(): {
  answer: () => Promise<HttpResponse>
  invoked: Promise<void>
  release(): void
} {
  const invoked = Promise.withResolvers<void>()
  const held = Promise.withResolvers<void>()
  return {
    invoked: invoked.promise,
    release: held.resolve,
    answer: async () => {
      invoked.resolve()
      await held.promise
      return textResponse('late')
    },
  }
}

async function isRefused(port: number): Promise<boolean> {
  const socket = connect({ port, host: '127.0.0.1' })
  const refused = await once(socket, 'connect').then(
    () => false,
    (error: unknown) => (error as NodeJS.ErrnoException).code === 'ECONNREFUSED',
  )
  socket.destroy()
  return refused
}

test('disposal - lets a request in flight finish, and takes no more', async (t) => {
  const actor = heldActor()
  const values = { PORT: String(await freePort()) }
  const server = await linkServer({ values, answer: actor.answer })
  await using busy = openClient(server.port)
  busy.socket.write(get('/'))
  await actor.invoked
  const disposed = server[Symbol.asyncDispose]()
  t.true(await isRefused(server.port))
  actor.release()
  await disposed
  const text = await busy.closed
  t.deepEqual(statusesIn(text), [200])
  t.regex(text, /connection: close/i)
  t.true(text.endsWith('late'))
})

test('disposal - ends idle connections at once, also those that never asked', async (t) => {
  const server = await linkServer({ values: { PORT: String(await freePort()) } })
  await using idle = openClient(server.port)
  idle.socket.write(get('/'))
  await idle.received('MA')
  await using silent = openClient(server.port)
  await once(silent.socket, 'connect')
  await server[Symbol.asyncDispose]()
  t.deepEqual(statusesIn(await idle.closed), [200])
  t.is(await silent.closed, '')
  t.true(await isRefused(server.port))
})

test('disposal - cuts off a request that takes longer than REQUEST_TIMEOUT_MS', async (t) => {
  const invoked = Promise.withResolvers<AbortSignal | undefined>()
  const server = await linkServer({
    values: { REQUEST_TIMEOUT_MS: '20' },
    answer: (_, { signal }) => {
      invoked.resolve(signal)
      return new Promise(() => {})
    },
  })
  await using client = await askUntilInvoked(server.port, get('/'), invoked.promise)
  const signal = await invoked.promise
  await server[Symbol.asyncDispose]()
  t.is(await client.closed, '')
  t.true(signal?.aborted)
})

test('disposal - answers 503 on a shared port until it has drained, and 404 from then on', async (t) => {
  await using other = await linkServer({ actor: 'MB', values: { PATH: '/other' } })
  const actor = heldActor()
  const { provider } = other
  const values = { PORT: String(other.port) }
  const server = await linkServer({ provider, values, answer: actor.answer })
  await using busy = openClient(other.port)
  busy.socket.write(get('/'))
  await actor.invoked
  const disposed = server[Symbol.asyncDispose]()
  const close = 'Connection: close\r\n'
  const turnedAway = await exchangeRaw(other.port, get('/', close))
  t.deepEqual(statusesIn(turnedAway), [503])
  t.regex(turnedAway, /retry-after: 1/i)
  actor.release()
  await disposed
  await busy.received('late')
  t.deepEqual(statusesIn(await exchangeRaw(other.port, get('/', close))), [404])
  t.deepEqual(statusesIn(await exchangeRaw(other.port, get('/other', close))), [200])
})

test('disposal - twice is fine', async (t) => {
  const server = await linkServer()
  await server[Symbol.asyncDispose]()
  await t.notThrowsAsync(async () => server[Symbol.asyncDispose]())
})

test('disposal - frees the port for the next link', async (t) => {
  const values = { PORT: String(await freePort()) }
  const first = await linkServer({ values })
  await first[Symbol.asyncDispose]()
  await using second = await linkServer({ provider: first.provider, values })
  t.is(second.port, first.port)
})
