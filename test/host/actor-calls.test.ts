import test from 'ava'
import { HostError } from '../../host/index.ts'
import { KeyPair } from '../../signing/index.ts'
import { buildActor, signFixture } from '../support/actors.ts'
import { TestHost } from '../support/test-host.ts'
import { assemble } from './engine/prepare/support/assemble.ts'
import { relay } from './engine/support/guests.ts'

const ask = { path: '/', queryString: 'value=41' }

test('actor calls - an actor calls another by its alias', async (t) => {
  await using host = new TestHost()
  const { id } = await host.startActor(await buildActor('pinger'))
  await host.startActor(await buildActor('ponger'))

  t.like(await host.callJson(id, 'HandleRequest', ask), { body: '{"pong":42}' })
})

test('actor calls - name the alias that nobody has', async (t) => {
  await using host = new TestHost()
  const { id } = await host.startActor(await buildActor('pinger'))

  const error = await t.throwsAsync<HostError<'ERR_ACTOR_NOT_FOUND'>>(
    () => host.callJson(id, 'HandleRequest', ask),
    { instanceOf: HostError, code: 'ERR_ACTOR_NOT_FOUND' },
  )

  t.deepEqual(error.detail, { actor: 'wash_ts/examples/ponger' })
})

test('actor calls - are denied across issuers, unless the policy allows them', async (t) => {
  const stranger = { issuer: KeyPair.generate('account') }
  const alias = { callAlias: 'wash_ts/examples/ponger' }
  const ponger = await signFixture(await buildActor('ponger'), alias, stranger)
  for (const [actorCalls, code] of [
    [undefined, 'ERR_POLICY_DENIED'],
    ['none', 'ERR_POLICY_DENIED'],
    ['any', undefined],
  ] as const) {
    await using host = new TestHost({ policy: actorCalls ? { actorCalls } : {} })
    const { id } = await host.startActor(await buildActor('pinger'))
    await host.startActor(ponger)
    const call = () => host.callJson(id, 'HandleRequest', ask)

    if (code === undefined) t.like(await call(), { statusCode: 200 })
    else {
      await t.throwsAsync(call, { instanceOf: HostError, code })
      t.is(host.eventsOf('capability_denied')[0]?.reason.code, code)
    }
  }
})

test('actor calls - end at the depth limit when actors call each other in a circle', async (t) => {
  await using host = new TestHost({ maxCallDepth: 5 })
  // Calls the actor, and its operation, that its own operation is named as.
  const claims = { name: 'mirror', callAlias: 'mirror' }
  const { id } = await host.startActor(await signFixture(await assemble(relay), claims))

  const error = await t.throwsAsync<HostError<'ERR_CALL_DEPTH'>>(
    () => host.call(id, 'mirror', new Uint8Array()),
    { instanceOf: HostError, code: 'ERR_CALL_DEPTH' },
  )

  t.deepEqual(error.detail, { actor: id, limit: 5 })
})

test('actor calls - that are denied over and over are told of a few times only', async (t) => {
  await using host = new TestHost()
  const { id } = await host.startActor(await signFixture(await assemble(relay), { name: 'asker' }))
  for (let call = 0; call < 200; call++) {
    await t.throwsAsync(() => host.call(id, `some:contract${call}`, new Uint8Array()), {
      code: 'ERR_CAPABILITY_DENIED',
    })
  }
  const told = host.eventsOf('capability_denied').length
  t.true(told >= 20 && told <= 40, `${told}`)
})
