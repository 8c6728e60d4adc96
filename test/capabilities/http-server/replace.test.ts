/** One HTTP server provider in the place of another, on the same ports, while requests come in. */
import test from 'ava'
import { Pool } from 'undici'
import { HttpListeners, httpServerProvider } from '../../../capabilities/index.ts'
import { buildActor, signFixture } from '../../support/actors.ts'
import { freePort } from '../../support/free-port.ts'
import { TestHost } from '../../support/test-host.ts'

type Provider = ReturnType<typeof httpServerProvider>
type Context = Parameters<Provider['link']>[0]

const paths = ['/one', '/two'] as const
const connections = 8

/** Two actors on one port, and a client that keeps all its connections busy with both. */
interface BusyHost extends AsyncDisposable {
  readonly host: TestHost
  /** How many requests ended with which status, or with which error. */
  readonly outcomes: ReadonlyMap<number | string, number>
  /** How many connections the client has opened. */
  readonly opened: number
  /** Resolves once so many more requests have ended. */
  more(count: number): Promise<void>
}

async function startBusy(provider: Provider): Promise<BusyHost> {
  const host = new TestHost({ providers: [provider] })
  const PORT = String(await freePort())
  for (const PATH of paths) {
    const claims = { name: PATH, contracts: ['wascc:http_server'] }
    const { id } = await host.startActor(await signFixture(await buildActor('echo'), claims))
    await host.link({ actor: id, contractId: 'wascc:http_server', values: { PORT, PATH } })
  }
  const pool = new Pool(`http://127.0.0.1:${PORT}`, { connections })
  let opened = 0
  pool.on('connect', () => opened++)
  const outcomes = new Map<number | string, number>()
  const waiting = new Set<{ left: number; resolve: () => void }>()
  const stopped = new AbortController()
  const ask = async (path: string): Promise<number | string> => {
    try {
      const { statusCode, body } = await pool.request({ path, method: 'GET' })
      const text = await body.text()
      return text === `{"method":"GET","path":"${path}","queryString":""}` ? statusCode : text
    } catch (error) {
      return String(error)
    }
  }
  const loops = Array.from({ length: connections }, async (_, index) => {
    while (!stopped.signal.aborted) {
      const outcome = await ask(paths[index % 2] ?? '')
      outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1)
      for (const one of waiting) if (--one.left === 0) one.resolve()
    }
  })
  return {
    host,
    outcomes,
    get opened() {
      return opened
    },
    more: async (left) => {
      const { promise, resolve } = Promise.withResolvers<void>()
      const one = { left, resolve }
      waiting.add(one)
      await promise
      waiting.delete(one)
    },
    [Symbol.asyncDispose]: async () => {
      stopped.abort()
      await Promise.all(loops)
      await pool.close()
      await host[Symbol.asyncDispose]()
    },
  }
}

/** An HTTP server that tells of each invocation. */
function counting(listeners: HttpListeners, count: () => void): Provider {
  const provider = httpServerProvider({ listeners })
  return {
    ...provider,
    link: (context) => {
      const invoke: Context['invoke'] = (...call) => {
        count()
        return context.invoke(...call)
      }
      return provider.link({ ...context, invoke })
    },
  }
}

test('replaceProvider - turns HTTP servers over under load: no request is refused or lost, no connection closed', async (t) => {
  const listeners = new HttpListeners()
  await using busy = await startBusy(httpServerProvider({ listeners }))
  await busy.more(50)
  for (let round = 0; round < 20; round++) {
    let invoked = 0
    const next = counting(listeners, () => invoked++)
    await busy.host.replaceProvider('http-server', next)
    await busy.more(50)
    // Those under way when it was turned over ended where they began.
    t.true(invoked >= 50 - connections, `${invoked}`)
  }
  t.deepEqual([...busy.outcomes.keys()], [200])
  t.true((busy.outcomes.get(200) ?? 0) > 1000)
  t.is(busy.opened, connections)
})

test('replaceProvider - leaves HTTP servers as they are if the new one cannot take a link', async (t) => {
  const listeners = new HttpListeners()
  await using busy = await startBusy(httpServerProvider({ listeners }))
  await busy.more(50)
  let invoked = 0
  const next = counting(listeners, () => invoked++)
  const failing: Provider = {
    ...next,
    link: async (context) => {
      const link = await next.link(context)
      if (context.actor.name === '/one') return link
      await link[Symbol.asyncDispose]?.()
      throw new Error('not this one')
    },
  }
  await t.throwsAsync(() => busy.host.replaceProvider('http-server', failing), {
    code: 'ERR_LINK_FAILED',
  })
  await busy.more(50)
  t.is(invoked, 0)
  t.deepEqual([...busy.outcomes.keys()], [200])
  t.is(busy.opened, connections)
})

test('replaceProvider - says how HTTP servers that share no listeners could have', async (t) => {
  await using busy = await startBusy(httpServerProvider())
  const error = await t.throwsAsync(
    () => busy.host.replaceProvider('http-server', httpServerProvider()),
    { code: 'ERR_LINK_FAILED' },
  )
  if (process.platform === 'linux') t.regex(error.message, /share their HttpListeners/)
  await busy.more(50)
  t.deepEqual([...busy.outcomes.keys()], [200])
})

test('replaceProvider - closes the port with the last provider that shares it', async (t) => {
  const listeners = new HttpListeners()
  await using host = new TestHost({ providers: [httpServerProvider({ listeners })] })
  const PORT = String(await freePort())
  const { id } = await host.startActor(await buildActor('echo'))
  const definition = { actor: id, contractId: 'wascc:http_server', values: { PORT } }
  await host.link(definition)
  await host.replaceProvider('http-server', httpServerProvider({ listeners }))
  t.is((await fetch(`http://127.0.0.1:${PORT}/`)).status, 200)
  await host.stopActor(id)
  await t.throwsAsync(() => fetch(`http://127.0.0.1:${PORT}/`))
})
