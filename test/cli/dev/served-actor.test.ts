import test from 'ava'
import { ServedActor } from '../../../cli/dev/served-actor.ts'
import { logging } from '../../../contracts/index.ts'
import type { CapabilityProvider } from '../../../host/index.ts'
import { KeyPair } from '../../../signing/index.ts'
import { buildActor, signFixture } from '../../support/actors.ts'
import { counterProvider, TestHost } from '../../support/test-host.ts'
import { assemble } from '../../host/engine/prepare/support/assemble.ts'

const both = ['wascc:keyvalue', 'wascc:logging']
const listen = { port: 0, bind: undefined, mayMove: false }

/** A host with a provider of each contract in {@link both}. */
function hostWithBoth(): TestHost {
  const lines = { ...counterProvider({ name: 'lines' }), contract: logging } as CapabilityProvider
  return new TestHost({ providers: [counterProvider(), lines] })
}

const linked = (host: TestHost): string[] =>
  (host.inventory().actors[0]?.links ?? []).map(({ contractId }) => contractId).sort()

test('ServedActor - links follow the claims of each build', async (t) => {
  await using host = hostWithBoth()
  const served = new ServedActor(host, listen)
  const subject = KeyPair.generate('module')
  const wasm = await buildActor('probe')
  const sign = (contracts: string[]) => signFixture(wasm, { name: 'a', contracts }, { subject })
  for (const contracts of [both, ['wascc:logging'], [], ['wascc:keyvalue'], both]) {
    await served.put(await sign(contracts))
    t.deepEqual(linked(host), contracts)
  }
  t.is(served.info?.id, subject.publicKey)
})

test('ServedActor - a build that cannot start changes nothing, though it claims less', async (t) => {
  await using host = hostWithBoth()
  const served = new ServedActor(host, listen)
  const subject = KeyPair.generate('module')
  const sign = (wasm: Uint8Array, contracts: string[]) =>
    signFixture(wasm, { name: 'a', contracts }, { subject })
  await served.put(await sign(await buildActor('probe'), both))
  const trap = await assemble(`(module
    (memory (export "memory") 1)
    (func $trap unreachable)
    (func (export "__guest_call") (param i32 i32) (result i32) (i32.const 1))
    (start $trap))`)

  await t.throwsAsync(async () => served.put(await sign(trap, [])), { code: 'ERR_GUEST_TRAP' })

  t.deepEqual(linked(host), both)
  t.is(await host.callJson(served.info?.id ?? '', 'Int', 5), 5)
})

test('ServedActor - a build of another key takes the place of the one before', async (t) => {
  await using host = hostWithBoth()
  const served = new ServedActor(host, listen)
  await served.put(await signFixture(await buildActor('probe'), { name: 'a', contracts: both }))
  await served.put(await signFixture(await buildActor('probe'), { name: 'b', contracts: both }))
  t.deepEqual(
    host.inventory().actors.map(({ name }) => name),
    ['b'],
  )
  t.deepEqual(linked(host), both)
})
