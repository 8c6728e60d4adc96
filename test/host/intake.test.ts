import test from 'ava'
import { type BrokerMessage, messaging } from '../../contracts/index.ts'
import type { CapabilityProvider, LinkContext } from '../../host/index.ts'
import { buildActor } from '../support/actors.ts'
import { anyValues, TestHost } from '../support/test-host.ts'

/** A broker that delivers a message when its intake closes, and tells what happened in which order. */
function lastMessage(): CapabilityProvider & { readonly happened: string[] } {
  const happened: string[] = []
  return {
    name: 'last-message',
    summary: 'delivers a message at the end, for tests',
    contract: messaging,
    configSchema: anyValues,
    happened,
    link: ({ invoke }: LinkContext<unknown>) => ({
      operations: {
        Publish: async ({ subject }: BrokerMessage) => {
          happened.push(`published to ${subject}`)
        },
        Request: () => Promise.reject(new Error('nobody there')),
      },
      closeIntake: async () => {
        happened.push('intake closes')
        const request = { subject: 's', replyTo: 'r', body: new Uint8Array(0) }
        await invoke('DeliverMessage' as never, request as never)
      },
      [Symbol.asyncDispose]: async () => {
        happened.push('closed')
      },
    }),
  }
}

const inOrder = ['intake closes', 'published to r', 'closed']

for (const [how, end] of [
  [
    'unlink',
    (host: TestHost, id: string) => host.unlink({ actor: id, contractId: 'wascc:messaging' }),
  ],
  ['stopActor', (host: TestHost, id: string) => host.stopActor(id)],
  ['stop', (host: TestHost) => host.stop()],
  ['swap', (host: TestHost) => host.swap({ contractId: 'wascc:messaging', provider: 'other' })],
] as const) {
  test(`${how} - lets an actor answer what came in last, before its link closes`, async (t) => {
    const provider = lastMessage()
    const other = { ...lastMessage(), name: 'other' }
    await using host = new TestHost({ providers: [provider, other] })
    const { id } = await host.startActor(await buildActor('subscriber'))
    await host.link({ actor: id, contractId: 'wascc:messaging' })

    await end(host, id)

    // After a swap the actor answers through what took the place of its link.
    const expected = how === 'swap' ? ['intake closes', 'closed'] : inOrder
    t.deepEqual(provider.happened, expected)
    t.deepEqual(other.happened, how === 'swap' ? ['published to r'] : [])
  })
}

test('closeIntake - that fails does not keep a link from closing', async (t) => {
  const provider = lastMessage()
  const open = provider.link.bind(provider)
  const failing: CapabilityProvider = {
    ...provider,
    link: async (context) => ({
      ...(await open(context)),
      closeIntake: () => Promise.reject(new Error('no')),
    }),
  }
  await using host = new TestHost({ providers: [failing] })
  const { id } = await host.startActor(await buildActor('subscriber'))
  await host.link({ actor: id, contractId: 'wascc:messaging' })

  await host.stop()

  t.deepEqual(provider.happened, ['closed'])
})
