import test from 'ava'
import { rawContract } from '../../contracts/index.ts'
import { decodeValue } from '../../contracts/value.ts'
import {
  type CapabilityProvider,
  EngineError,
  HostError,
  type LogFacts,
  type Logger,
  portableProvider,
  type PortableProviderOptions,
  type ProviderCall,
} from '../../host/index.ts'
import { type ActorClaimsInput, KeyPair } from '../../signing/index.ts'
import { exampleKey } from '../../scripts/build-actors.ts'
import { signFixture } from '../support/actors.ts'
import { anyValues, TestHost } from '../support/test-host.ts'
import { assemble } from './engine/prepare/support/assemble.ts'
import { guestText } from './engine/support/guests.ts'
import { callerActor, demoProvider } from './portable-modules/modules.ts'

const contractId = 'acme:demo'
const none = new Uint8Array(0)
const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text)
const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes)

const signedDemo = async (
  claims: ActorClaimsInput = {},
  contract?: string,
): Promise<Uint8Array<ArrayBuffer>> =>
  signFixture(await demoProvider(contract), { name: 'demo', isProvider: true, ...claims })

const signedCaller = async (claims: ActorClaimsInput = {}): Promise<Uint8Array<ArrayBuffer>> =>
  signFixture(await callerActor(), { name: 'caller', contracts: [contractId], ...claims })

/** A host with a caller that is linked to a demo provider. */
async function linked(
  options: PortableProviderOptions = {},
  values: Record<string, string> = {},
  host: TestHost = new TestHost(),
  claims: ActorClaimsInput = {},
): Promise<TestHost & { id: string }> {
  await host.addProvider(await portableProvider(await signedDemo(), options))
  const { id } = await host.startActor(await signedCaller(claims))
  await host.link({ actor: id, contractId, values })
  return Object.assign(host, { id })
}

/** A provider whose operations wait until their caller gives up. */
function waitingProvider(id: string, onCall: () => void): CapabilityProvider {
  return {
    name: 'waiting',
    summary: 'waits, for tests',
    contract: rawContract(id),
    configSchema: anyValues,
    link: () => ({
      operations: {
        Wait: (_request: unknown, { signal }: ProviderCall) => {
          onCall()
          return new Promise<never>((_resolve, reject) => {
            signal.addEventListener('abort', () => reject(signal.reason as Error))
          })
        },
      },
    }),
  }
}

interface Lines {
  readonly lines: string[]
  readonly log: Logger
}

/** Keeps what providers print. */
function consoleLines(): Lines {
  const lines: string[] = []
  const log: Logger = {
    debug: () => {},
    info: (message: string, facts: LogFacts = {}) => {
      if (message === 'provider console') lines.push(String(facts['text']))
    },
    warn: () => {},
    error: () => {},
    child: () => log,
  }
  return { lines, log }
}

test('portableProvider - serves the contract that its descriptor names', async (t) => {
  const provider = await portableProvider(await signedDemo())

  t.like(provider, { name: 'demo', summary: 'portable provider Demo 0.1.0' })
  t.deepEqual(provider.contract.ids, [contractId])
  await using host = await linked()
  const count = () => host.call(host.id, 'acme:demo/Count', none)

  t.deepEqual([...(await count()), ...(await count()), ...(await count())], [1, 2, 3])
  t.like(host.inventory().actors[0]?.links[0], { provider: 'demo', info: { restarts: '0' } })
})

test('portableProvider - keeps what it remembers however often it is called', async (t) => {
  await using host = await linked()
  let last = 0
  for (let call = 0; call < 100; call++) {
    const answer = await host.call(host.id, 'acme:demo/Count', none)
    last = answer[0] ?? 0
  }
  // A guest that is not known to remember is called otherwise by now, which may cost its instance.
  t.deepEqual(await host.call(host.id, 'acme:demo/Ask', utf8('Echo\0x')), utf8('x'))
  const next = await host.call(host.id, 'acme:demo/Count', none)

  t.is(last, 100)
  t.is(next[0], 101)
})

test('portableProvider - its answers to concurrent calls come one by one', async (t) => {
  await using host = await linked()

  const answers = await Promise.all(
    Array.from({ length: 50 }, () => host.call(host.id, 'acme:demo/Count', none)),
  )

  t.deepEqual(
    answers.map((answer) => answer[0] ?? 0).sort((a, b) => a - b),
    Array.from({ length: 50 }, (_, index) => index + 1),
  )
})

test('portableProvider - each link has an instance and a memory of its own', async (t) => {
  await using host = await linked()
  const other = await host.startActor(await signedCaller({ name: 'other' }))
  await host.link({ actor: other.id, contractId })
  await host.call(host.id, 'acme:demo/Count', none)

  t.deepEqual([...(await host.call(other.id, 'acme:demo/Count', none))], [1])
  t.deepEqual([...(await host.call(host.id, 'acme:demo/Count', none))], [2])
})

test('portableProvider - is told whom it serves, and the values of the link', async (t) => {
  const issuer = await exampleKey('account')
  const provider = await portableProvider(await signedDemo())
  await using host = new TestHost({ providers: [provider] })
  const { id } = await host.startActor(
    await signedCaller({
      contracts: [contractId, 'wascc:logging'],
      tags: ['a', 'b'],
      expiresAt: new Date(4_000_000_000_000),
    }),
  )
  await host.link({ actor: id, contractId, values: { URL: 'x://y', __wascc_name: 'me' } })

  const bound = decodeValue(await host.call(id, 'acme:demo/Bound', none))

  t.deepEqual(bound, {
    module: id,
    values: {
      URL: 'x://y',
      __wascc_name: 'caller',
      __wascc_issuer: issuer.publicKey,
      __wascc_capabilities: 'acme:demo,wascc:logging',
      __wascc_expires: '4000000000',
      __wascc_tags: 'a,b',
    },
  })
})

test('portableProvider - of a wasmCloud contract, it is told so in its words', async (t) => {
  const wasm = await signedDemo({}, 'wasmcloud:demo')
  await using host = new TestHost({ providers: [await portableProvider(wasm)] })
  const { id } = await host.startActor(await signedCaller({ contracts: ['wasmcloud:demo'] }))
  await host.link({ actor: id, contractId: 'wasmcloud:demo' })

  const bound = decodeValue(await host.call(id, 'wasmcloud:demo/Bound', none))

  t.like(bound, { module: id, values: { __wasmcloud_name: 'caller', __wasmcloud_expires: '0' } })
})

test('portableProvider - a link that it refuses is not made', async (t) => {
  const provider = await portableProvider(await signedDemo())
  await using host = new TestHost({ providers: [provider] })
  const { id } = await host.startActor(await signedCaller())

  const error = await t.throwsAsync<HostError<'ERR_LINK_FAILED'>>(
    () => host.link({ actor: id, contractId, values: { REFUSE: 'yes' } }),
    { instanceOf: HostError, code: 'ERR_LINK_FAILED' },
  )

  t.like(error.detail, { provider: 'demo', actor: id, reason: 'not this one' })
  t.deepEqual(host.inventory().actors[0]?.links, [])
})

test('portableProvider - is told when a link ends, and prints into the log', async (t) => {
  const { lines, log } = consoleLines()
  await using host = await linked({}, {}, new TestHost({ log }))

  await host.call(host.id, 'acme:demo/Print', utf8('two\nlines \u001b[31m\n\nand a rest'))
  await host.unlink({ actor: host.id, contractId })

  t.deepEqual(lines, ['bound an actor', 'two', 'lines \\x1b[31m', 'and a rest', 'removed'])
})

test('portableProvider - one that traps is replaced and bound again', async (t) => {
  const { lines, log } = consoleLines()
  await using host = await linked({}, { A: '1' }, new TestHost({ log }))
  await host.call(host.id, 'acme:demo/Count', none)

  const error = await t.throwsAsync<HostError<'ERR_PROVIDER_FAILED'>>(
    () => host.call(host.id, 'acme:demo/Trap', none),
    { instanceOf: HostError, code: 'ERR_PROVIDER_FAILED' },
  )

  t.like(error.detail, { provider: 'demo', operation: 'Trap' })
  t.is(error.message, 'demo could not Trap: it trapped: unreachable')
  t.deepEqual([...(await host.call(host.id, 'acme:demo/Count', none))], [1])
  t.like(decodeValue(await host.call(host.id, 'acme:demo/Bound', none)), { values: { A: '1' } })
  t.deepEqual(lines, ['bound an actor', 'about to trap', 'bound an actor'])
  t.like(host.inventory().actors[0]?.links[0]?.info, { restarts: '1' })
})

test('portableProvider - calls that waited behind one that traps are answered', async (t) => {
  await using host = await linked()
  const call = (name: string) => host.call(host.id, `acme:demo/${name}`, none)

  const results = await Promise.allSettled(['Count', 'Trap', 'Count', 'Trap', 'Count'].map(call))

  t.deepEqual(
    results.map(({ status }) => status),
    ['fulfilled', 'rejected', 'fulfilled', 'rejected', 'fulfilled'],
  )
})

test('portableProvider - one that computes for ever ends at its CPU budget', async (t) => {
  await using host = await linked({ limits: { cpuMs: 20 } })

  const error = await t.throwsAsync<HostError<'ERR_PROVIDER_FAILED'>>(
    () => host.call(host.id, 'acme:demo/Spin', none),
    { instanceOf: HostError, code: 'ERR_PROVIDER_FAILED' },
  )

  t.true(error.cause instanceof EngineError)
  t.is((error.cause as EngineError).code, 'ERR_CPU_BUDGET')
  t.deepEqual([...(await host.call(host.id, 'acme:demo/Count', none))], [1])
})

test('portableProvider - a caller that gives up does not cost the link its memory', async (t) => {
  const entered = Promise.withResolvers<void>()
  const slow = waitingProvider('acme:slow', entered.resolve)
  const claims = { contracts: [contractId, 'acme:slow'] }
  await using host = await linked({}, {}, new TestHost({ providers: [slow] }), claims)
  await host.link({ actor: host.id, contractId: 'acme:slow' })
  await host.call(host.id, 'acme:demo/Count', none)
  const controller = new AbortController()
  const { signal } = controller

  const asked = host.call(host.id, 'acme:demo/Ask', utf8('acme:slow/Wait\0'), { signal })
  await entered.promise
  const waiting = host.call(host.id, 'acme:demo/Count', none, { signal })
  const patient = host.call(host.id, 'acme:demo/Count', none)
  controller.abort()
  await t.throwsAsync(asked, { code: 'ERR_INVOCATION_ABORTED' })
  await t.throwsAsync(waiting, { code: 'ERR_INVOCATION_ABORTED' })

  t.deepEqual([...(await patient)], [2])
  t.like(host.inventory().actors[0]?.links[0]?.info, { restarts: '0' })
})

test('portableProvider - gets random bytes', async (t) => {
  await using host = await linked()
  const random = async () => Buffer.from(await host.call(host.id, 'acme:demo/Random', none))

  const [one, other] = [await random(), await random()]

  t.is(one.length, 16)
  t.notDeepEqual(one, other)
})

test('portableProvider - may call the actor that it is linked to, and nobody else', async (t) => {
  await using host = await linked()

  t.is(text(await host.call(host.id, 'acme:demo/Ask', utf8('Echo\0hello'))), 'hello')
  const error = await t.throwsAsync(() =>
    host.call(host.id, 'acme:demo/AskOther', utf8('Echo\0hello')),
  )

  t.regex(error.message, /demo may call M[A-Z2-7]{55}.*not "MSOMEBODYELSE"/)
})

test('portableProvider - a call that would wait for itself is refused at once', async (t) => {
  await using host = await linked()

  const error = await t.throwsAsync(() =>
    host.call(host.id, 'acme:demo/Ask', utf8('CallBack\0acme:demo/Count')),
  )

  t.regex(error.message, /caller called Count of demo, which waits for its answer to Ask/)
  t.deepEqual([...(await host.call(host.id, 'acme:demo/Count', none))], [1])
})

test('portableProvider - the depth of calls goes on through it', async (t) => {
  await using host = await linked({}, {}, new TestHost({ maxCallDepth: 0 }))

  const error = await t.throwsAsync(() => host.call(host.id, 'acme:demo/Ask', utf8('Echo\0x')))

  t.regex(error.message, /0 calls deep already/)
})

test('portableProvider - may have no more links than its limits allow', async (t) => {
  await using host = await linked({ limits: { instances: 1 } })
  const second = { actor: host.id, contractId, linkName: 'second' }

  const error = await t.throwsAsync<HostError<'ERR_LINK_FAILED'>>(() => host.link(second), {
    code: 'ERR_LINK_FAILED',
  })
  t.regex(error.detail.reason, /1 links/)
  await host.unlink({ actor: host.id, contractId })
  await t.notThrowsAsync(() => host.link(second))
})

test('portableProvider - an actor is refused as one, and a provider as an actor', async (t) => {
  await using host = new TestHost()

  const error = await t.throwsAsync<HostError<'ERR_MODULE_KIND'>>(
    async () => portableProvider(await signedCaller()),
    { instanceOf: HostError, code: 'ERR_MODULE_KIND' },
  )
  t.is(error.detail.wanted, 'provider')
  await t.throwsAsync(async () => host.startActor(await signedDemo()), { code: 'ERR_MODULE_KIND' })
})

test('portableProvider - is verified as an actor is', async (t) => {
  const now = Date.parse('2026-01-01T00:00:00Z')
  const signed = await signedDemo({ expiresAt: new Date(now + 1000) })
  const tampered = Uint8Array.from(signed)
  // In the middle of the code, which is what the hash is of.
  const at = Math.floor(tampered.length / 3)
  tampered[at] = (tampered[at] ?? 0) ^ 1

  await t.throwsAsync(() => portableProvider(tampered), { name: 'SigningError' })
  await t.throwsAsync(() => portableProvider(signed, { now: () => now + 1000 }), {
    code: 'ERR_CLAIMS_EXPIRED',
  })
  await t.throwsAsync(async () => portableProvider(await demoProvider()), {
    code: 'ERR_CLAIMS_MISSING',
  })
  await t.throwsAsync(() => portableProvider('/nowhere/x.wasm'), { code: 'ERR_MODULE_NOT_FOUND' })
})

test('portableProvider - is called only as long as its claims hold', async (t) => {
  let now = Date.now()
  const provider = await portableProvider(await signedDemo({ expiresAt: new Date(now + 10_000) }), {
    now: () => now,
  })
  await using host = new TestHost({ providers: [provider] })
  const { id } = await host.startActor(await signedCaller())
  await host.link({ actor: id, contractId })
  await host.call(id, 'acme:demo/Count', none)

  now += 10_000

  const error = await t.throwsAsync<HostError>(() => host.call(id, 'acme:demo/Count', none), {
    code: 'ERR_PROVIDER_FAILED',
  })
  t.like(error.cause, { code: 'ERR_CLAIMS_EXPIRED' })
})

test('portableProvider - the policy is asked when it is loaded, and by each host', async (t) => {
  const policy = { issuers: [KeyPair.generate('account').publicKey] }
  const wasm = await signedDemo()

  await t.throwsAsync(() => portableProvider(wasm, { policy }), { code: 'ERR_POLICY_DENIED' })
  const provider = await portableProvider(wasm)
  t.throws(() => new TestHost({ providers: [provider], policy }), { code: 'ERR_POLICY_DENIED' })
  await using host = new TestHost({ providers: [waitingProvider(contractId, () => {})], policy })
  await t.throwsAsync(() => host.addProvider(provider), { code: 'ERR_POLICY_DENIED' })
  await t.throwsAsync(() => host.replaceProvider('waiting', provider), {
    code: 'ERR_POLICY_DENIED',
  })
})

const withImport = (name: string, type: string): string =>
  `(module
    (import "wasi_snapshot_preview1" "${name}" (func ${type}))
    (memory (export "memory") 1)
    (func (export "__guest_call") (param i32 i32) (result i32) (i32.const 0)))`

test('portableProvider - what else there is of WASI is refused by name', async (t) => {
  for (const [name, type] of [
    ['fd_read', '(param i32 i32 i32 i32) (result i32)'],
    ['path_open', '(param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)'],
    ['proc_exit', '(param i32)'],
    ['fd_write', '(param i32) (result i32)'],
  ] as const) {
    const wasm = await signFixture(await assemble(withImport(name, type)), { isProvider: true })
    const error = await t.throwsAsync<EngineError<'ERR_WASM_IMPORT'>>(
      () => portableProvider(wasm),
      { instanceOf: EngineError, code: 'ERR_WASM_IMPORT' },
    )
    t.deepEqual(error.detail, { module: 'wasi_snapshot_preview1', name })
  }
})

test('startActor - an actor gets nothing of WASI, not even what providers do', async (t) => {
  await using host = new TestHost()
  const imports = withImport('random_get', '(param i32 i32) (result i32)')
  const wasm = await signFixture(await assemble(imports), { contracts: [] })

  await t.throwsAsync(() => host.startActor(wasm), { code: 'ERR_WASM_IMPORT' })
})

test('portableProvider - one that does not say what it serves is refused with the reason', async (t) => {
  const sign = async (code: string): Promise<Uint8Array> =>
    signFixture(await assemble(guestText(code)), { name: 'x', isProvider: true })
  const answering = (hex: string): string => {
    const bytes = Buffer.from(hex, 'hex')
    const stores = [...bytes].map(
      (byte, index) => `(i32.store8 (i32.const ${50_000 + index}) (i32.const ${byte}))`,
    )
    return `${stores.join(' ')} (call $respond (i32.const 50000) (i32.const ${bytes.length})) (i32.const 1)`
  }
  const reasonOf = async (code: string): Promise<string> => {
    const error = await t.throwsAsync<HostError<'ERR_PROVIDER_INVALID'>>(
      async () => portableProvider(await sign(code)),
      { instanceOf: HostError, code: 'ERR_PROVIDER_INVALID' },
    )
    return error.detail.reason
  }

  t.regex(await reasonOf('unreachable'), /asked for its descriptor, it failed/)
  t.regex(await reasonOf(answering('c0')), /asked for its descriptor, it failed: .*map/)
  t.regex(await reasonOf(answering('80')), /id: missing/)
  t.regex(await reasonOf(answering('81a26964a0')), /"" is no contract id/)
  t.regex(await reasonOf(answering('81a26964a56e6f206964')), /"no id" is no contract id/)
})
