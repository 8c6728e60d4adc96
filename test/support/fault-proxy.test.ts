import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import test from 'ava'
import { type FaultProxy, startFaultProxy } from './fault-proxy.ts'

/** A server that answers with what it is sent, behind a proxy. */
async function echo(): Promise<AsyncDisposable & { proxy: FaultProxy; client(): Socket }> {
  await using opened = new AsyncDisposableStack()
  const server = createServer((socket) => socket.on('error', () => undefined).pipe(socket))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  opened.defer(() => void server.close())
  const proxy = opened.use(await startFaultProxy((server.address() as { port: number }).port))
  const clients = opened.adopt(new Set<Socket>(), (all) => {
    for (const client of all) client.destroy()
  })
  const owned = opened.move()
  return {
    proxy,
    client: () => {
      const client = connect(proxy.port, '127.0.0.1')
      clients.add(client)
      return client
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  }
}

async function answer(client: Socket, text: string): Promise<string> {
  client.write(text)
  const [chunk] = (await once(client, 'data')) as [Buffer]
  return chunk.toString()
}

test('startFaultProxy - passes on, with the delay that it is told', async (t) => {
  await using served = await echo()
  const client = served.client()
  t.is(await answer(client, 'one'), 'one')
  served.proxy.delay(30)
  const startedAt = performance.now()
  t.is(await answer(client, 'two'), 'two')
  t.true(performance.now() - startedAt >= 59)
  t.is(served.proxy.connections, 1)
})

test('startFaultProxy - resets, and serves whoever connects anew', async (t) => {
  await using served = await echo()
  const client = served.client()
  await answer(client, 'one')
  served.proxy.reset()
  const [error] = (await once(client, 'error')) as [NodeJS.ErrnoException]
  t.is(error.code, 'ECONNRESET')
  t.is(await answer(served.client(), 'two'), 'two')
})

test('startFaultProxy - refuses until it is to pass', async (t) => {
  await using served = await echo()
  await served.proxy.refuse()
  const [error] = (await once(served.client(), 'error')) as [NodeJS.ErrnoException]
  t.is(error.code, 'ECONNREFUSED')
  await served.proxy.pass()
  t.is(await answer(served.client(), 'two'), 'two')
})

test('startFaultProxy - swallows one direction, and tells what came', async (t) => {
  await using served = await echo()
  const client = served.client()
  await answer(client, 'one')
  served.proxy.swallow('replies')
  const [asked, replied] = [served.proxy.next('requests'), served.proxy.next('replies')]
  client.write('two')
  t.is(String(await asked), 'two')
  t.is(String(await replied), 'two')
  await served.proxy.pass()
  t.is(await answer(client, 'three'), 'three')
})

test('startFaultProxy - cuts after so many bytes, which arrive', async (t) => {
  await using served = await echo()
  const client = served.client()
  await answer(client, 'one')
  served.proxy.cutAfter(4, 'replies')
  client.write('abcdefgh')
  const [chunk] = (await once(client, 'data')) as [Buffer]
  t.is(String(chunk), 'abcd')
  await once(client, 'error')
})
