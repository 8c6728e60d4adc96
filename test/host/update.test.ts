import test from 'ava'
import { EngineError, HostError } from '../../host/index.ts'
import { KeyPair } from '../../signing/index.ts'
import { buildActor, signFixture } from '../support/actors.ts'
import { assemble } from './engine/prepare/support/assemble.ts'
import { counterProvider, TestHost } from '../support/test-host.ts'

const contracts = ['wascc:http_server', 'wascc:keyvalue']
const visit = { path: '/visits' }

test('updateActor - later calls meet the new module, and its links are kept', async (t) => {
  const provider = counterProvider()
  await using host = new TestHost({ providers: [provider] })
  const subject = KeyPair.generate('module')
  const counter = await buildActor('kvcounter')
  const { id } = await host.startActor(
    await signFixture(counter, { contracts, revision: 1 }, { subject }),
  )
  await host.link({ actor: id, contractId: 'wascc:keyvalue' })
  t.like(await host.callJson(id, 'HandleRequest', visit), { body: '{"counter":1}' })

  const next = await signFixture(await buildActor('probe'), { contracts, revision: 2 }, { subject })
  const info = await host.updateActor(next)

  t.is(info.revision, 2)
  t.is(await host.callJson(id, 'Int', 5), 5)
  t.is(info.links.length, 1)
  t.deepEqual(provider.closed, [])
  t.like(host.eventsOf('actor_updated')[0], { actor: id, oldRevision: 1, revision: 2 })
})

test('updateActor - a call in flight ends on the old module', async (t) => {
  const answer = Promise.withResolvers<{ value: number }>()
  const called = Promise.withResolvers<void>()
  const provider = counterProvider({
    operations: {
      Add: () => {
        called.resolve()
        return answer.promise
      },
    },
  })
  await using host = new TestHost({ providers: [provider] })
  const subject = KeyPair.generate('module')
  const counter = await buildActor('kvcounter')
  const { id } = await host.startActor(
    await signFixture(counter, { contracts, revision: 1 }, { subject }),
  )
  await host.link({ actor: id, contractId: 'wascc:keyvalue' })
  const inFlight = host.callJson(id, 'HandleRequest', visit)
  await called.promise

  const turned = Promise.withResolvers<void>()
  host.onEvent(({ type }) => {
    if (type === 'actor_updated') turned.resolve()
  })
  const next = await signFixture(await buildActor('probe'), { contracts, revision: 2 }, { subject })
  const updated = host.updateActor(next)
  await turned.promise
  t.is(await host.callJson(id, 'Int', 5), 5)
  answer.resolve({ value: 9 })

  t.like(await inFlight, { body: '{"counter":9}' })
  await updated
})

test('updateActor - refuses what may not take the actor’s place, and leaves it running', async (t) => {
  const subject = KeyPair.generate('module')
  const counter = await buildActor('kvcounter')
  const stranger = KeyPair.generate('account')
  const sign = (revision: number, more: object = {}, claimed = contracts) =>
    signFixture(counter, { contracts: claimed, revision }, { subject, ...more })
  await using host = new TestHost({ providers: [counterProvider()] })
  const { id } = await host.startActor(await sign(5))
  await host.link({ actor: id, contractId: 'wascc:keyvalue' })

  for (const [wasm, reason] of [
    [await sign(5), /revision 5 is not higher/],
    [await sign(4), /revision 4 is not higher/],
    [await sign(6, { issuer: stranger }), /signed by A/],
    [await sign(6, {}, ['wascc:http_server']), /do not name wascc:keyvalue/],
  ] as const) {
    const error = await t.throwsAsync<HostError<'ERR_UPDATE_REFUSED'>>(
      () => host.updateActor(wasm),
      { instanceOf: HostError, code: 'ERR_UPDATE_REFUSED' },
    )
    t.regex(error.detail.reason, reason)
  }
  t.is(host.eventsOf('actor_update_failed').length, 4)
  t.like(await host.callJson(id, 'HandleRequest', visit), { body: '{"counter":1}' })

  await host.updateActor(await sign(5), { allowAnyRevision: true })
  await host.updateActor(await sign(6, { issuer: stranger }), { allowAnyIssuer: true })
})

test('updateActor - a module that cannot start changes nothing', async (t) => {
  const subject = KeyPair.generate('module')
  await using host = new TestHost()
  const { id } = await host.startActor(
    await signFixture(await buildActor('ponger'), { revision: 1 }, { subject }),
  )
  const loops = await assemble(`(module
    (memory (export "memory") 1)
    (func $loop (loop (br 0)))
    (func (export "__guest_call") (param i32 i32) (result i32) (i32.const 1))
    (start $loop))`)

  await t.throwsAsync(
    async () =>
      host.updateActor(await signFixture(loops, { revision: 2 }, { subject }), {
        limits: { startCpuMs: 50 },
      }),
    {
      instanceOf: EngineError,
      code: 'ERR_CPU_BUDGET',
    },
  )

  t.deepEqual(await host.callJson(id, 'Ping', { value: 1 }), { value: 2 })
  t.is(host.inventory().actors[0]?.revision, 1)
})

test('updateActor - names the actor that does not run', async (t) => {
  await using host = new TestHost()

  await t.throwsAsync(async () => host.updateActor(await buildActor('echo')), {
    code: 'ERR_ACTOR_NOT_FOUND',
  })
})
