import { mock } from 'node:test'
import anyTest from 'ava'
import type { CapabilityProvider, LinkContext } from '../../host/index.ts'
import { buildActor } from '../support/actors.ts'
import { counterProvider, TestHost } from '../support/test-host.ts'

// One after the other, as each stops the clock.
const test = anyTest.serial
const contractId = 'wascc:keyvalue'

/** A provider that is to be linked, and what tells when it was asked to do something. */
function slow(
  link: (asked: () => void, context: LinkContext<unknown>) => object | Promise<object>,
) {
  const asked = Promise.withResolvers<void>()
  const seen: { signal?: AbortSignal } = {}
  const provider = {
    ...counterProvider(),
    link: async (context: LinkContext<unknown>) => {
      seen.signal = context.signal
      return link(asked.resolve, context)
    },
  } as unknown as CapabilityProvider
  return { provider, asked: asked.promise, seen }
}

async function withoutClock(run: (tick: (ms: number) => void) => Promise<void>): Promise<void> {
  mock.timers.enable({ apis: ['setTimeout'] })
  try {
    await run((ms) => mock.timers.tick(ms))
  } finally {
    mock.timers.reset()
  }
}

test('link - a provider that never opens it is given up after 30 seconds', async (t) => {
  const closed = Promise.withResolvers<void>()
  const late = Promise.withResolvers<object>()
  const { provider, asked, seen } = slow((tell) => {
    tell()
    return late.promise
  })
  await using host = new TestHost({ providers: [provider] })
  const { id } = await host.startActor(await buildActor('kvcounter'))

  await withoutClock(async (tick) => {
    const linking = host.link({ actor: id, contractId })
    await asked
    tick(30_000)
    await t.throwsAsync(linking, { code: 'ERR_LINK_FAILED', message: /not open after 30000 ms/ })
  })

  t.true(seen.signal?.aborted)
  late.resolve({ operations: {}, [Symbol.asyncDispose]: async () => closed.resolve() })
  await closed.promise
  t.deepEqual(host.inventory().linkDefinitions, [])
})

for (const what of ['closeIntake', Symbol.asyncDispose] as const) {
  test(`unlink - a provider whose ${String(what)} never ends holds nothing up for ever`, async (t) => {
    const { provider, asked, seen } = slow((tell) => ({
      operations: {},
      [what]: () => {
        tell()
        return new Promise(() => {})
      },
    }))
    await using host = new TestHost({ providers: [provider] })
    const { id } = await host.startActor(await buildActor('kvcounter'))
    await host.link({ actor: id, contractId })

    await withoutClock(async (tick) => {
      const unlinking = host.unlink({ actor: id, contractId })
      await asked
      tick(60_000)
      t.true(await unlinking)
    })

    t.true(seen.signal?.aborted, 'it is told that nobody waits any more')
  })
}

test('unlink - the signal of a link is aborted also where closing it fails', async (t) => {
  const { provider, seen } = slow(() => ({
    operations: {},
    [Symbol.asyncDispose]: () => Promise.reject(new Error('no')),
  }))
  await using host = new TestHost({ providers: [provider] })
  const { id } = await host.startActor(await buildActor('kvcounter'))
  await host.link({ actor: id, contractId })

  t.true(await host.unlink({ actor: id, contractId }))

  t.true(seen.signal?.aborted)
})
