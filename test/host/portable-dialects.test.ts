import test from 'ava'
import { type Dialect, keyvalue, messaging } from '../../contracts/index.ts'
import { portableProvider } from '../../host/index.ts'
import { buildActor, signFixture } from '../support/actors.ts'
import { TestHost } from '../support/test-host.ts'
import { callerActor, demoProvider } from './portable-modules/modules.ts'

const kvprovider = async () => portableProvider(await buildActor('kvprovider'))

test('portableProvider - serves a stock contract to an actor that never knows', async (t) => {
  await using host = new TestHost({ providers: [await kvprovider()] })
  const { id } = await host.startActor(await buildActor('kvcounter'))
  await host.link({ actor: id, contractId: 'wascc:keyvalue', provider: 'kvprovider' })

  for (const counter of [1, 2, 3]) {
    t.like(await host.callJson(id, 'HandleRequest', { path: '/visits' }), {
      body: `{"counter":${counter}}`,
    })
  }
})

test('portableProvider - the SDK hands it the values of the link', async (t) => {
  await using host = new TestHost({ providers: [await kvprovider()] })
  const { id } = await host.startActor(await buildActor('kvcounter'))
  await host.link({ actor: id, contractId: 'wascc:keyvalue', values: { START: '40' } })

  t.like(await host.callJson(id, 'HandleRequest', { path: '/' }), { body: '{"counter":41}' })
})

/** Calls an operation as an actor of a dialect writes it, and reads the answer as that does. */
const callers: readonly (readonly [Dialect, string, 'wapc' | 'wasmbus', string])[] = [
  ['C', 'wascc:keyvalue', 'wapc', 'Add'],
  ['D', 'wasmcloud:keyvalue', 'wapc', 'Add'],
  ['E', 'wasmcloud:keyvalue', 'wasmbus', 'KeyValue.Increment'],
]

for (const [dialect, contractId, importModule, wireName] of callers) {
  test(`portableProvider - is asked in its own dialect by an actor of dialect ${dialect}`, async (t) => {
    await using host = new TestHost({ providers: [await kvprovider()] })
    const actor = await host.startActor(
      await signFixture(await callerActor(importModule), { contracts: [contractId] }),
    )
    t.is(actor.dialect, dialect)
    await host.link({ actor: actor.id, contractId })
    const codec = keyvalue.dialect(dialect)?.toProvider.get(wireName)?.codec
    const add = codec?.encodeRequest({ key: 'n', value: 7 }) ?? new Uint8Array()
    const call = async () =>
      codec?.decodeResponse(await host.call(actor.id, `${contractId}/${wireName}`, add))

    t.deepEqual(await call(), { value: 7 })
    t.deepEqual(await call(), { value: 14 })
  })
}

test('portableProvider - an operation that it does not answer fails with its words', async (t) => {
  await using host = new TestHost({ providers: [await kvprovider()] })
  const { id } = await host.startActor(
    await signFixture(await callerActor(), { contracts: ['wascc:keyvalue'] }),
  )
  await host.link({ actor: id, contractId: 'wascc:keyvalue' })
  const keys = keyvalue.dialect('C')?.toProvider.get('SetUnion')?.codec
  const asked = keys?.encodeRequest({ keys: ['a'] }) ?? new Uint8Array()

  const error = await t.throwsAsync(() => host.call(id, 'wascc:keyvalue/SetUnion', asked), {
    code: 'ERR_PROVIDER_FAILED',
  })

  t.is(error.message, 'kvprovider could not SetUnion: Could not find function "SetUnion"')
})

/** A host on which a portable provider serves messaging to an actor of a dialect. */
async function messagingHost(
  dialect: 'C' | 'E',
): Promise<{ host: TestHost; ask(operation: string): Promise<Uint8Array> }> {
  const wasm = await signFixture(await demoProvider('wascc:messaging'), {
    name: 'broker',
    isProvider: true,
  })
  const host = new TestHost({ providers: [await portableProvider(wasm)] })
  const codecs = messaging.dialect(dialect)
  const contractId = codecs?.contractId ?? ''
  const { id } = await host.startActor(
    await signFixture(await callerActor(dialect === 'E' ? 'wasmbus' : 'wapc'), {
      contracts: [contractId],
    }),
  )
  await host.link({ actor: id, contractId })
  const message = { subject: 'news', replyTo: '', body: Buffer.from('hello'), timeoutMs: 100 }
  return {
    host,
    ask: (operation) => {
      const known = codecs?.toProvider.get(operation)
      const payload = known?.codec.encodeRequest(message) ?? new Uint8Array()
      return host.call(id, `${contractId}/${operation}`, payload)
    },
  }
}

for (const [dialect, publish, replyTo] of [
  ['C', 'Publish', true],
  ['E', 'Messaging.Publish', false],
] as const) {
  test(`portableProvider - asks an actor of dialect ${dialect} in that dialect`, async (t) => {
    const { host, ask } = await messagingHost(dialect)
    await using _ = host

    const error = await t.throwsAsync(() => ask(publish))

    t.regex(error.message, /news[^]*hello/)
    t.is(error.message.includes('replyTo'), replyTo)
  })
}

test('portableProvider - may ask of an actor what its contract has for actors, and nothing else', async (t) => {
  const { host, ask } = await messagingHost('C')
  await using _ = host

  const error = await t.throwsAsync(() => ask('Request'))

  t.regex(error.message, /messaging has no operation "HandleRequest" that a provider may ask of/)
})
