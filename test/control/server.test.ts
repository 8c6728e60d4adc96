import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import {
  chmod,
  lstat,
  mkdir,
  readdir,
  readFile,
  rename,
  symlink,
  writeFile,
} from 'node:fs/promises'
import { connect, createServer } from 'node:net'
import { join } from 'node:path'
import test from 'ava'
import {
  chooseHost,
  ControlClient,
  ControlError,
  ControlServer,
  findHosts,
  socketFolder,
} from '../../control/index.ts'
import { KeyPair } from '../../signing/index.ts'
import { buildActor, signFixture } from '../support/actors.ts'
import { TestHost } from '../support/test-host.ts'
import { ask, controlledHost, runtimeFolder } from './support/controlled-host.ts'

test('ControlServer - is for its owner alone, in a folder that nobody else may enter', async (t) => {
  await using running = await controlledHost()
  const folder = await lstat(join(running.folder, 'wash-ts'))
  const socket = await lstat(running.server.path)
  t.is(folder.mode & 0o777, 0o700)
  t.is(socket.mode & 0o777, 0o600)
  t.true(socket.isSocket())
  t.true(Buffer.byteLength(running.server.path) <= 107)
})

test('ControlServer - leaves nothing behind, and ends streams, when its host stops', async (t) => {
  await using running = await controlledHost()
  const events = await running.client.events()
  const types: string[] = []
  const read = (async () => {
    for await (const { type } of events) types.push(type)
  })()

  await running.host.stop()
  await read

  t.is(types.at(-1), 'com.wasmcloud.lattice.host_stopped')
  await running.server[Symbol.asyncDispose]()
  t.deepEqual(await readdir(join(running.folder, 'wash-ts')), [])
  await t.throwsAsync(running.client.request('host', {}), {
    instanceOf: ControlError,
    code: 'ERR_HOST_UNREACHABLE',
  })
})

test('ControlServer - leaves it to its program to stop the host, where that says how', async (t) => {
  const asked = Promise.withResolvers<void>()
  await using running = await controlledHost({}, { stop: () => asked.resolve() })

  await running.client.request('stop-host', {})
  await asked.promise

  // A host that stops does not take any more.
  await t.notThrowsAsync(running.host.unlink({ actor: 'nobody', contractId: 'wascc:keyvalue' }))
})

test('ControlServer - takes as large a payload as a request may have', async (t) => {
  await using running = await controlledHost()
  const payload = Buffer.alloc(16 * 1024 * 1024, 7).toString('base64')
  const call = { actor: 'nobody', operation: 'Echo' }

  await t.throwsAsync(running.client.request('call', { ...call, payload }), {
    code: 'ERR_ACTOR_NOT_FOUND',
  })

  for (const not of [`${payload}!`, 'a', 'ab=', '=', 'aa=a', 'a===', '\u00e4aaa', 'aa aa']) {
    const error = await t.throwsAsync(running.client.request('call', { ...call, payload: not }))
    t.is(error.message, 'call: payload: is not base64', not.slice(0, 8))
  }
})

test('ControlServer - stops its host when it is asked to, and answers first', async (t) => {
  await using running = await controlledHost()
  const stopped = Promise.withResolvers<void>()
  running.host.onEvent(({ type }) => {
    if (type === 'host_stopped') stopped.resolve()
  })

  t.deepEqual(await running.client.request('stop-host', {}), { host: running.host.id })

  await stopped.promise
})

test('ControlServer - tells events as CloudEvents, one a line', async (t) => {
  await using running = await controlledHost()
  const stop = new AbortController()
  const events = await running.client.events(stop.signal)

  await running.host.startActor(await signFixture(await buildActor('echo'), { name: 'echo' }))

  for await (const event of events) {
    t.like(event, {
      specversion: '1.0',
      source: running.host.id,
      type: 'com.wasmcloud.lattice.actor_started',
    })
    t.is(event.data['name'], 'echo')
    stop.abort()
  }
})

test('ControlServer - has a log to follow where it is given one', async (t) => {
  const line = (message: string) => ({ level: 'info', message })
  const listeners = new Set<(line: { level: string; message: string }) => void>()
  const logs = {
    recent: [line('before')],
    onLine: (listener: (line: { level: string; message: string }) => void) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
  await using running = await controlledHost({}, { logs })
  const stop = new AbortController()
  const seen: string[] = []
  for await (const { message } of await running.client.logs(stop.signal)) {
    seen.push(message)
    if (message === 'after') stop.abort()
    else for (const listener of listeners) listener(line('after'))
  }
  t.deepEqual(seen, ['before', 'after'])
  await using bare = await controlledHost()
  await t.throwsAsync(() => bare.client.logs(), { code: 'ERR_CONTROL_REQUEST' })
})

test('ControlServer - a client that reads no events costs no memory, and learns what it missed', async (t) => {
  await using running = await controlledHost()
  const socket = connect(running.server.path)
  await once(socket, 'connect')
  socket.pause()
  socket.write('GET /v1/events HTTP/1.1\r\nHost: x\r\n\r\n')
  // Once another stream is open, the paused one is.
  const other = await running.client.events()
  const actor = { actor: 'nobody', contractId: 'wascc:keyvalue' }
  const padding = 'x'.repeat(10_000)
  const before = process.memoryUsage().rss
  for (let index = 0; index < 3_000; index++) {
    await running.host.link({ ...actor, linkName: `${padding}${index % 2}` })
  }
  t.true(process.memoryUsage().rss - before < 200 * 1024 * 1024)
  let text = ''
  const dropped = Promise.withResolvers<void>()
  socket.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk
    if (text.includes('events_dropped')) dropped.resolve()
  })
  socket.resume()
  while (!text.includes('"link-after"')) {
    await running.host.link({ ...actor, linkName: 'link-after' })
    await new Promise((resolve) => setImmediate(resolve))
  }
  await dropped.promise
  t.regex(text, /events_dropped[^\n]*"count":\d{3,}/)
  socket.destroy()
  await other[Symbol.asyncIterator]().return?.()
})

const hostile: readonly (readonly [
  what: string,
  request: Parameters<typeof ask>[1],
  status: number,
])[] = [
  ['no verb', { path: '/v1/' }, 400],
  ['an unknown verb', { path: '/v1/destroy' }, 400],
  ['a verb of a prototype', { path: '/v1/constructor' }, 400],
  ['a path that climbs', { path: '/v1/../v1/host' }, 400],
  ['a query', { path: '/v1/host?x=1' }, 400],
  ['GET of what changes something', { path: '/v1/stop-host', method: 'GET' }, 405],
  ['DELETE', { path: '/v1/host', method: 'DELETE' }, 405],
  ['text', { body: 'nonsense' }, 400],
  ['half of a document', { body: '{"health":' }, 400],
  ['what is not UTF-8', { body: Uint8Array.of(0x22, 0xff, 0xfe, 0x22) }, 400],
  ['a prototype', { body: '{"__proto__":{"health":true}}' }, 400],
  ['a deep document', { body: `${'['.repeat(200_000)}${']'.repeat(200_000)}` }, 400],
  ['another type', { body: '"health"' }, 400],
  ['a body that is too large', { body: Buffer.alloc(2 * 1024 * 1024, 0x20) }, 400],
]
for (const [what, request, status] of hostile) {
  test(`ControlServer - refuses ${what}`, async (t) => {
    await using running = await controlledHost()
    // A server that stops reading may close the connection before all was sent.
    const answer = await ask(running.server.path, request).catch(() => ({
      status,
      body: JSON.stringify({ error: { code: 'ERR_CONTROL_REQUEST' } }),
    }))
    t.is(answer.status, status)
    const { error } = JSON.parse(answer.body) as { error: { code: string } }
    t.is(error.code, 'ERR_CONTROL_REQUEST')
    t.is(running.host.eventsOf('host_stopped').length, 0)
    const after = await ask(running.server.path, { path: '/v1/host', method: 'GET' })
    t.is(after.status, 200)
  })
}

test('ControlServer - survives what is not HTTP, and clients that break off', async (t) => {
  await using running = await controlledHost()
  for (const bytes of [
    '\0\0\0\0',
    'POST /v1/host HTTP/1.1\r\nContent-Length: 5\r\n\r\n{',
    'x'.repeat(20_000),
  ]) {
    const socket = connect(running.server.path).on('error', () => {})
    await once(socket, 'connect')
    socket.write(bytes, () => socket.destroy())
    await once(socket, 'close')
  }
  t.is((await running.client.request('host', {})).host, running.host.id)
})

test('ControlServer - answers many clients at a time', async (t) => {
  await using running = await controlledHost()
  const answers = await Promise.all(
    Array.from({ length: 60 }, () => running.client.request('host', {})),
  )
  t.deepEqual(new Set(answers.map(({ host }) => host)), new Set([running.host.id]))
})

test('ControlServer - gives up a call that nobody waits for', async (t) => {
  await using running = await controlledHost()
  const { id } = await running.host.startActor(
    await signFixture(await buildActor('hog'), { name: 'hog', contracts: ['wascc:http_server'] }),
    { limits: { cpuMs: 60_000, timeoutMs: 60_000 } },
  )
  const stop = new AbortController()
  const busy = running.client.request(
    'call',
    { actor: id, operation: 'HandleRequest', json: { path: '/loop' } },
    { signal: stop.signal },
  )
  const metrics = () => running.host.inventory().actors[0]?.metrics
  while (metrics()?.instances.busy !== 1) await new Promise((resolve) => setImmediate(resolve))

  stop.abort()

  await t.throwsAsync(busy, { name: 'AbortError' })
  while (metrics()?.instances.busy !== 0) await new Promise((resolve) => setImmediate(resolve))
  t.deepEqual(metrics()?.errors, { ERR_INVOCATION_ABORTED: 1 })
})

test('ControlClient - stops waiting after its time', async (t) => {
  await using running = await controlledHost(
    {},
    { loadProvider: (_source, signal) => once(signal, 'abort').then(() => undefined) },
  )
  await t.throwsAsync(
    running.client.request('start-provider', { provider: 'slow' }, { timeoutMs: 20 }),
    { instanceOf: ControlError, code: 'ERR_CONTROL_TIMEOUT' },
  )
})

test('ControlServer - two hosts are told apart by the beginning of their ids, and by name', async (t) => {
  await using folder = await runtimeFolder()
  const env = { XDG_RUNTIME_DIR: folder.path }
  await using blue = new TestHost({ labels: { name: 'blue' } })
  await using red = new TestHost({ labels: { name: 'red' } })
  await using blueServer = await ControlServer.open(blue, { env })
  t.is((await chooseHost(undefined, env)).path, blueServer.path)
  await using redServer = await ControlServer.open(red, { env })

  const error = await t.throwsAsync<ControlError<'ERR_HOST_AMBIGUOUS'>>(
    () => chooseHost(undefined, env),
    { code: 'ERR_HOST_AMBIGUOUS' },
  )
  t.deepEqual([...(error?.detail.candidates ?? [])].sort(), [blue.id, red.id].sort())
  t.true(error?.message.includes(red.id) && error.message.includes('blue'))
  for (const reference of [red.id, red.id.slice(0, 12).toLowerCase(), 're', redServer.path]) {
    t.is((await chooseHost(reference, env)).path, redServer.path)
  }
  const unknown = await t.throwsAsync<ControlError<'ERR_HOST_NOT_FOUND'>>(
    () => chooseHost('green', env),
    { code: 'ERR_HOST_NOT_FOUND' },
  )
  t.is(unknown?.detail.known.length, 2)
  t.is((await findHosts(env)).length, 2)
})

test('chooseHost - says so where no host runs', async (t) => {
  await using folder = await runtimeFolder()
  await t.throwsAsync(chooseHost(undefined, { XDG_RUNTIME_DIR: folder.path }), {
    code: 'ERR_HOST_NOT_FOUND',
    message: 'no host runs here',
  })
})

test('ControlServer - one host has one socket', async (t) => {
  await using running = await controlledHost()
  await t.throwsAsync(
    ControlServer.open(running.host, { env: { XDG_RUNTIME_DIR: running.folder } }),
    { code: 'ERR_CONTROL_SOCKET' },
  )
  t.is((await running.client.request('host', {})).host, running.host.id)
})

test('ControlServer - goes where it is told, and touches nothing else there', async (t) => {
  await using folder = await runtimeFolder()
  await using host = new TestHost()
  const at = (name: string): string => join(folder.path, name)
  await writeFile(at('notes'), 'kept')
  const stale = spawnSync(process.execPath, [
    ...['-e', `require('net').createServer().listen(process.argv[1], () => process.exit())`],
    at('stale.sock'),
  ])
  t.is(stale.status, 0)
  await t.throwsAsync(ControlServer.open(host, { path: at('notes') }), {
    code: 'ERR_CONTROL_SOCKET',
  })
  await using server = await ControlServer.open(host, { path: at('mine') })
  await using second = new TestHost()
  await t.throwsAsync(ControlServer.open(second, { path: at('mine') }), {
    code: 'ERR_CONTROL_SOCKET',
  })
  t.is((await new ControlClient(server.path).request('host', {})).host, host.id)
  t.is((await chooseHost(at('mine'), {})).path, at('mine'))
  t.is(await readFile(at('notes'), 'utf8'), 'kept')
  t.true((await readdir(folder.path)).includes('stale.sock'))
})

test('findHosts - removes the socket of a host that was killed, and keeps one that is merely stopped', async (t) => {
  await using folder = await runtimeFolder()
  const env = { XDG_RUNTIME_DIR: folder.path }
  await using host = new TestHost()
  await using server = await ControlServer.open(host, { env })
  const sockets = join(folder.path, 'wash-ts')
  const program = `
    const { createServer } = require('node:net')
    createServer().listen(process.argv[1], () => console.log('ready'))`
  const start = async (path: string) => {
    const child = spawn(process.execPath, ['-e', program, path], {
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    await once(child.stdout, 'data')
    await chmod(path, 0o600)
    return child
  }
  const dead = await start(join(sockets, 'NDEAD.sock'))
  dead.kill('SIGKILL')
  await once(dead, 'close')
  const stopped = await start(join(sockets, 'NSTOPPED.sock'))
  stopped.kill('SIGSTOP')
  t.teardown(() => stopped.kill('SIGKILL'))
  t.is((await readdir(sockets)).length, 3)

  const found = await findHosts(env)

  t.deepEqual(new Set(found.map(({ report }) => report?.host)), new Set([host.id, undefined]))
  t.is(found.length, 2)
  t.deepEqual(
    (await readdir(sockets)).sort(),
    [server.path.slice(sockets.length + 1), 'NSTOPPED.sock'].sort(),
  )
})

test('ControlServer - takes the place of a socket that its own dead process left', async (t) => {
  await using folder = await runtimeFolder()
  const env = { XDG_RUNTIME_DIR: folder.path }
  const keyPair = KeyPair.generate('server')
  await using before = new TestHost({ keyPair })
  const server = await ControlServer.open(before, { env })
  // As a process that is killed leaves it: there, and nobody listens.
  await rename(server.path, `${server.path}.kept`)
  await server[Symbol.asyncDispose]()
  await rename(`${server.path}.kept`, server.path)

  await using after = new TestHost({ keyPair })
  await using again = await ControlServer.open(after, { env })

  t.is(again.path, server.path)
  t.is((await new ControlClient(again.path).request('host', {})).host, after.id)
})

test('ControlServer - does not open in a folder that is not safe', async (t) => {
  await using folder = await runtimeFolder()
  await using host = new TestHost()
  const prepared = {
    'others may enter it': async (path: string) => mkdir(path).then(() => chmod(path, 0o755)),
    'it is no folder': async (path: string) => {
      await mkdir(`${path}-elsewhere`, { mode: 0o700 })
      await symlink(`${path}-elsewhere`, path)
    },
  }
  for (const [reason, prepare] of Object.entries(prepared)) {
    const runtime = join(folder.path, reason.replaceAll(' ', '-'))
    await mkdir(runtime)
    await prepare(join(runtime, 'wash-ts'))
    const env = { XDG_RUNTIME_DIR: runtime }
    for (const attempt of [() => ControlServer.open(host, { env }), () => findHosts(env)]) {
      const error = await t.throwsAsync<ControlError<'ERR_CONTROL_UNSAFE'>>(attempt, {
        code: 'ERR_CONTROL_UNSAFE',
      })
      t.is(error?.detail.reason, reason)
    }
  }
})

test('ControlClient - does not speak to a socket that others could have put there', async (t) => {
  await using folder = await runtimeFolder()
  const path = join(folder.path, 'host.sock')
  const server = createServer((socket) => socket.destroy()).listen(path)
  await once(server, 'listening')
  t.teardown(() => server.close())
  const refused = async (reason: string, at = path): Promise<void> => {
    const error = await t.throwsAsync<ControlError<'ERR_CONTROL_UNSAFE'>>(
      () => new ControlClient(at).request('host', {}),
      { code: 'ERR_CONTROL_UNSAFE' },
    )
    t.is(error?.detail.reason, reason)
  }

  await chmod(path, 0o666)
  await refused('others may use it')
  await chmod(path, 0o600)
  await chmod(folder.path, 0o777)
  await refused('others may put sockets there')
  await chmod(folder.path, 0o700)
  await symlink(path, `${path}.link`)
  await refused('it is no socket', `${path}.link`)
  await writeFile(`${path}.file`, '')
  await refused('it is no socket', `${path}.file`)
})

test('ControlServer - says when a path is too long for a socket', async (t) => {
  await using folder = await runtimeFolder()
  await using host = new TestHost()
  const runtime = join(folder.path, 'x'.repeat(100))
  await mkdir(runtime)
  await t.throwsAsync(ControlServer.open(host, { env: { XDG_RUNTIME_DIR: runtime } }), {
    code: 'ERR_CONTROL_SOCKET',
  })
})

test('socketFolder - is of the user alone where there is no runtime folder', (t) => {
  for (const env of [
    {},
    { XDG_RUNTIME_DIR: '' },
    { XDG_RUNTIME_DIR: 'relative' },
    { XDG_RUNTIME_DIR: '/nowhere' },
  ]) {
    t.regex(socketFolder(env), new RegExp(`/wash-ts-${process.getuid?.()}$`))
  }
})
