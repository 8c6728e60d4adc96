import { createServer } from 'node:net'
import { once } from 'node:events'
import { spawn } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import type { AddressInfo, Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'ava'
import type { KeyValueToProvider } from '../../../contracts/index.ts'
import type { CapabilityProvider } from '../../../host/index.ts'
import { root } from '../../support/source-files.ts'
import { type LinkFacts, type LinkedProvider, linkProvider } from '../support/linked-provider.ts'
import { archiveOf, atOnce, keyValueCode, providerOf, RecordingLog } from './support/archives.ts'

type Link = LinkedProvider<KeyValueToProvider>

const linkTo = (provider: CapabilityProvider, facts: LinkFacts = {}): Promise<Link> =>
  linkProvider<KeyValueToProvider>(provider as never, facts)
const set = (link: Link, value: string): unknown =>
  link.ask('Set', { key: 'k', value, expiresSeconds: 0 })
const get = (link: Link, key: string): unknown => link.ask('Get', { key })

const writing =
  "import { writeSync } from 'node:fs'\nimport { encodeFrame, invocation } from 'wash-ts/contracts'"
const frame = (subject: string, payload = 'new Uint8Array(0)'): string =>
  `writeSync(3, encodeFrame({ subject: ${JSON.stringify(subject)}, reply: '', headers: {}, payload: ${payload} }))`

/** What a process may write to its channel that it must not, as the body of `Set`. */
const violations: Readonly<Record<string, string>> = {
  'a frame of 4 GiB': 'writeSync(3, Buffer.from([255, 255, 255, 255]))',
  'a frame of 17 MiB': 'writeSync(3, Buffer.from([1, 16, 0, 1]))',
  'a frame that is no message': 'writeSync(3, Buffer.from([0, 0, 0, 4, 0xde, 0xad, 0xbe, 0xef]))',
  'an empty frame': 'writeSync(3, Buffer.alloc(4))',
  text: "writeSync(3, 'hello, is anybody there?')",
  'an answer that nobody asked for': frame('_INBOX.host.999999'),
  'a message to the host itself': frame('wasmbus.ctl.default.stop'),
  'a message to every actor': frame('wasmbus.rpc.default.M.x.y'),
  'a call that is no invocation': frame('wasmbus.rpc.default.MA', 'Buffer.from([1])'),
  'a log line that is none': frame('wasmbus.rpc.default.V.default.log', 'Buffer.from([1])'),
}
for (const [what, body] of Object.entries(violations)) {
  test.serial(
    `archiveProvider - a process that writes ${what} is ended, and started again`,
    async (t) => {
      const log = new RecordingLog()
      const provider = await providerOf(
        keyValueCode(`Set() { ${body}; return new Promise(() => {}) }`, writing),
        { ...atOnce, log: log.logger },
      )
      await using link = await linkTo(provider)
      await t.throwsAsync(async () => set(link, 'x'), { code: 'ERR_OUTCOME_UNKNOWN' })
      const { facts } = await log.line(({ message }) => message === 'provider process ended')
      t.regex(String(facts['reason']), /^it broke the protocol: /)
      t.like(await get(link, 'again'), { value: 'again' })
    },
  )
}

test.serial('archiveProvider - calls actors that it is linked to, and no other', async (t) => {
  const asked: unknown[] = []
  const code = `${writing}
import { defineProvider } from 'wash-ts/provider'
const call = (target, link) => writeSync(3, encodeFrame({
  subject: 'wasmbus.rpc.default.' + target, reply: '', headers: { link },
  payload: invocation.encode({
    origin: { publicKey: 'V', contractId: '', linkName: '' },
    target: { publicKey: target, contractId: '', linkName: '' },
    operation: 'Steal', msg: new Uint8Array(0), id: target + link,
    encodedClaims: '', hostId: '', contentLength: null, traceContext: null }),
}))
export default defineProvider({
  name: 'a', contract: 'acme:thing',
  link: ({ invoke }) => ({ operations: {
    Ask: async (bytes, call) => {
      const answer = await invoke('Deliver', Buffer.concat([bytes, Buffer.from('!')]), { within: call, timeoutMs: 5000, traceparent: '00-1' })
      return Buffer.concat([Buffer.from('actor said '), answer])
    },
    Steal: async (bytes) => {
      for (const target of ['MB', 'MA']) for (const link of ['l1', 'l2', '', '__proto__']) call(target, link)
      return bytes
    },
  } }),
})`
  const archived = await providerOfRaw(code)
  await using link = await linkProvider<
    Record<string, { request: Uint8Array; response: Uint8Array }>
  >(archived as never, {
    invoke: async (operation: string, request: Uint8Array, options?: object) => {
      asked.push([operation, Buffer.from(request).toString(), options])
      return Buffer.from('yes')
    },
  })
  const answer = await link.ask('Ask', Buffer.from('well'), { depth: 3 })
  t.is(Buffer.from(answer).toString(), 'actor said yes')
  const [[operation, request, options]] = asked as [[string, string, Record<string, unknown>]]
  t.deepEqual([operation, request], ['Deliver', 'well!'])
  t.like(options, { timeoutMs: 5000, traceparent: '00-1', within: { operation: 'Ask', depth: 3 } })
  await link.ask('Steal', Buffer.from('x'))
  t.is(Buffer.from(await link.ask('Ask', Buffer.from('again'))).toString(), 'actor said yes')
  t.is(asked.length, 2, 'nothing that was not meant to be')
})

async function providerOfRaw(code: string): Promise<CapabilityProvider> {
  const { archiveProvider } = await import('../../../capabilities/archive-provider/index.ts')
  return archiveProvider(await archiveOf(code, { contractId: 'acme:thing' }), atOnce)
}

test.serial('archiveProvider - an actor’s failure reaches the provider by its code', async (t) => {
  const archived = await providerOfRaw(`
import { defineProvider } from 'wash-ts/provider'
export default defineProvider({ name: 'a', contract: 'acme:thing', link: ({ invoke }) => ({ operations: {
  Ask: async (bytes) => {
    try { return await invoke('Deliver', bytes) } catch ({ code, message, detail }) { return Buffer.from(JSON.stringify({ code, message, detail })) }
  } } }) })`)
  const failing = Object.assign(new Error('too late'), {
    code: 'ERR_CALL_TIMEOUT',
    detail: { ms: 5 },
  })
  await using link = await linkProvider<
    Record<string, { request: Uint8Array; response: Uint8Array }>
  >(archived as never, { invoke: () => Promise.reject(failing) })
  const said = Buffer.from(await link.ask('Ask', Buffer.from('x'))).toString()
  t.deepEqual(JSON.parse(said), {
    code: 'ERR_CALL_TIMEOUT',
    message: 'too late',
    detail: { ms: 5 },
  })
})

test.serial('archiveProvider - tells the provider that nobody waits any more', async (t) => {
  const log = new RecordingLog()
  const provider = await providerOf(
    keyValueCode(`Set: (_request, { signal }) => new Promise((resolve, reject) => {
      console.log('waiting')
      signal.addEventListener('abort', () => { console.log('told'); reject(signal.reason) })
    })`),
    { ...atOnce, log: log.logger },
  )
  await using link = await linkTo(provider)
  const abort = new AbortController()
  const call = t.throwsAsync(
    async () =>
      link.ask('Set', { key: 'k', value: 'x', expiresSeconds: 0 }, { signal: abort.signal }),
    { code: 'ERR_SERVER_TIMEOUT' },
  )
  await log.line(({ facts }) => facts['line'] === 'waiting')
  abort.abort()
  await call
  await log.line(({ facts }) => facts['line'] === 'told')
  t.like(await get(link, 'a'), { value: 'a' })
})

/** Floods, as the body of `Set`; it never answers. */
const floods: Readonly<Record<string, string>> = {
  'its output':
    "const line = 'x'.repeat(1000) + '\\n'; const go = () => { if (process.stdout.write(line.repeat(100))) setImmediate(go); else process.stdout.once('drain', go) }; go()",
  'one line without end':
    "const go = () => { if (process.stdout.write('x'.repeat(65536))) setImmediate(go); else process.stdout.once('drain', go) }; go()",
  'its errors':
    "const go = () => { for (let n = 0; n < 1000; n++) console.error('oh no', n); setImmediate(go) }; go()",
  'the log':
    "const go = () => { for (let n = 0; n < 1000; n++) context.log.info('line', { n }); setImmediate(go) }; go()",
}
for (const [what, body] of Object.entries(floods)) {
  test.serial(
    `archiveProvider - one that floods ${what} is served no worse, and the log stays small`,
    async (t) => {
      const log = new RecordingLog()
      const provider = await providerOf(keyValueCode(`Set() { ${body}; return { value: '' } }`), {
        ...atOnce,
        log: log.logger,
      })
      const logged = Promise.withResolvers<void>()
      await using link = await linkTo(provider, { onLog: () => logged.resolve() })
      const other = await providerOf(keyValueCode(''))
      await using quiet = await linkTo(other)
      await set(link, 'x')
      await (what === 'the log' ? logged.promise : log.line(() => true))
      let longestMs = 0
      const startedAt = performance.now()
      for (let calls = 0; calls < 100; calls++) {
        const before = performance.now()
        t.like(await get(quiet, 'a'), { value: 'a' })
        longestMs = Math.max(longestMs, performance.now() - before)
      }
      const seconds = (performance.now() - startedAt) / 1000
      t.true(log.lines.length + link.log.length < 2500 + 200 * seconds, `${log.lines.length} lines`)
      t.true(longestMs < 2000, `${longestMs} ms`)
      for (const { facts } of log.lines) t.true(JSON.stringify(facts).length <= 9000)
    },
  )
}

test.serial(
  'archiveProvider - what a process says is made visible before it is shown',
  async (t) => {
    const log = new RecordingLog()
    const provider = await providerOf(
      keyValueCode(`Set({ value }) {
      console.log('red \\x1b[31m and \\r over')
      context.log.warn('in the \\x1b]0;title\\x07', { a: '\\u202e', big: 1n, self: globalThis })
      throw new ProviderError('ERR_MINE', { a: 1 }, 'bell \\x07' + 'x'.repeat(10_000))
    }`),
      { ...atOnce, log: log.logger },
    )
    await using link = await linkTo(provider)
    const error = await t.throwsAsync(async () => set(link, 'x'), { code: 'ERR_MINE' })
    t.like(error, { detail: { a: 1 } })
    t.true((error?.message.length ?? 0) <= 4096)
    const { facts } = await log.line((line) => 'line' in line.facts)
    t.is(facts['line'], 'red \\x1b[31m and \\x0d over')
    const all = JSON.stringify([log.lines, link.log, error?.message])
    // oxlint-disable-next-line no-control-regex
    t.notRegex(all, /[\x00-\x1f\x7f\u202e]|\\u00/)
  },
)

/** What a provider's code may not do, and what it may: expressions to try. */
const tries: readonly (readonly [expression: string, allowed: boolean])[] = [
  ["(await import('node:fs')).readFileSync('/etc/hosts')", false],
  ["(await import('node:fs')).readFileSync(process.argv[1])", true],
  ["(await import('node:fs')).writeFileSync('mine', 'x')", false],
  ["(await import('node:fs')).readdirSync('/')", false],
  ["(await import('node:child_process')).spawnSync('true').error ?? (() => { throw 0 })()", false],
  ["new (await import('node:worker_threads')).Worker('1', { eval: true })", false],
  ["process.dlopen({}, '/lib/x.so')", false],
  ["(await import('node:net')).connect(PORT, '127.0.0.1').destroy()", true],
  ["await import('data:text/javascript,export default 1')", false],
]
test.serial(
  'archiveProvider - a provider has the network, and no files, programs, threads or secrets',
  async (t) => {
    process.env['WASH_TEST_SECRET'] = 'hidden'
    t.teardown(() => delete process.env['WASH_TEST_SECRET'])
    const server = createServer().listen(0, '127.0.0.1')
    t.teardown(() => server.close())
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    const list = tries.map(
      ([expression]) =>
        `async () => { ${expression.includes('throw 0') ? '' : 'return '}${expression} }`,
    )
    const code = keyValueCode(
      `async Get({ key }) {
    if (key === 'env') return { value: JSON.stringify(process.env), exists: true }
    try { await tries[Number(key)](); return { value: 'done', exists: true } } catch (error) { return { value: error.code ?? String(error), exists: false } }
  }`,
      `const tries = [${list.join(',').replace('PORT', String(port))}]`,
    )
    const provider = await providerOf(code)
    await using link = await linkTo(provider)
    for (const [index, [expression, allowed]] of tries.entries()) {
      const { exists, value } = (await get(link, String(index))) as {
        exists: boolean
        value: string
      }
      t.is(exists, allowed, `${expression}: ${value}`)
    }
    t.like(await get(link, 'env'), { value: '{}' })
  },
)

test.serial(
  'archiveProvider - a provider may have what it is given, and be denied the network',
  async (t) => {
    const folder = await mkdtemp(join(tmpdir(), 'wash-ts-given-'))
    t.teardown(() => rm(folder, { recursive: true }))
    await writeFile(join(folder, 'in'), 'hello')
    const path = (name: string): string => JSON.stringify(join(folder, name))
    const code = keyValueCode(
      `async Get({ key }) {
      const fs = await import('node:fs')
      if (key === 'net') { await new Promise((resolve, reject) => connect(1, '127.0.0.1').on('error', reject)) }
      fs.writeFileSync(${path('out')}, 'x')
      return { value: fs.readFileSync(${path('in')}, 'utf8'), exists: true }
    }`,
      "import { connect } from 'node:net'",
    )
    const provider = await providerOf(code, {
      ...atOnce,
      network: false,
      readPaths: [folder],
      writePaths: [folder],
    })
    await using link = await linkTo(provider)
    t.like(await get(link, 'file'), { value: 'hello' })
    await t.throwsAsync(async () => get(link, 'net'), { code: 'ERR_ACCESS_DENIED' })
  },
)

/** How a process may signal another, which needs no permission of Node: each is tried on the host. */
const signals: Readonly<Record<string, string>> = {
  'process.kill': "process.kill(process.ppid, 'SIGUSR1')",
  'process.kill by pid as text': "process.kill(String(process.ppid), 'SIGUSR1')",
  'the module process': "processKill(process.ppid, 'SIGUSR1')",
  'process._kill': 'process._kill(process.ppid, 10)',
  'process._debugProcess': 'process._debugProcess(process.ppid)',
  'its process group': "process.kill(0, 'SIGUSR1')",
  'os.setPriority': 'os.setPriority(process.ppid, os.getPriority(process.ppid))',
  'a fresh copy of os': "process.getBuiltinModule('os').setPriority(process.ppid, 0)",
}
test.serial(
  'archiveProvider - a provider cannot signal its host, which would open a debugger to it',
  async (t) => {
    let signalled = 0
    const onSignal = (): void => void signalled++
    process.on('SIGUSR1', onSignal)
    t.teardown(() => process.off('SIGUSR1', onSignal))
    const tried = Object.entries(signals).map(
      ([name, code]) => `${JSON.stringify(name)}: () => { ${code} }`,
    )
    const provider = await providerOf(
      keyValueCode(
        `Get({ key }) {
      const tried = { ${tried.join(', ')} }
      try { tried[key](); return { value: 'done', exists: true } }
      catch ({ code, message }) { return { value: code ?? message, exists: false } }
    }`,
        "import * as os from 'node:os'\nimport { kill as processKill } from 'node:process'",
      ),
    )
    await using link = await linkTo(provider)
    for (const name of Object.keys(signals)) {
      t.like(await get(link, name), { exists: false, value: 'ERR_ACCESS_DENIED' }, name)
    }
    t.is(signalled, 0)
  },
)

test.serial(
  'archiveProvider - a host that is killed takes a provider with it that computes for ever',
  async (t) => {
    const folder = await mkdtemp(join(tmpdir(), 'wash-ts-killed-'))
    t.teardown(() => rm(folder, { recursive: true }))
    // The process connects here: the connection ends when, and only when, the process does.
    const server = createServer().listen(0, '127.0.0.1')
    t.teardown(() => server.close())
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    const code = keyValueCode(
      'Set() { const socket = connect(' +
        port +
        ", '127.0.0.1', () => socket.write('here', () => { for (;;); })); return new Promise(() => {}) }",
      "import { connect } from 'node:net'",
    )
    await writeFile(join(folder, 'a.par'), await archiveOf(code))
    const host = spawn(
      process.execPath,
      [
        '--input-type=module-typescript',
        '--eval',
        `import { archiveProvider } from ${JSON.stringify(`${root}capabilities/archive-provider/index.ts`)}
       import { linkProvider } from ${JSON.stringify(`${root}test/capabilities/support/linked-provider.ts`)}
       const link = await linkProvider(await archiveProvider(${JSON.stringify(join(folder, 'a.par'))}))
       await link.ask('Set', { key: 'k', value: 'x', expiresSeconds: 0 })`,
      ],
      { stdio: ['ignore', 'inherit', 'inherit'], env: { ...process.env, TMPDIR: folder } },
    )
    const [socket] = (await once(server, 'connection')) as [Socket]
    socket.on('error', () => {})
    await once(socket, 'data')
    const closed = once(socket, 'close')
    socket.resume()
    host.kill('SIGKILL')
    await closed
    t.pass()
  },
)
