import test from 'ava'
import { memoryMessagingProvider } from '../../../capabilities/memory-messaging/index.ts'
import { messagingContract } from '../messaging-contract.ts'
import { linkProvider } from '../support/linked-provider.ts'

messagingContract(test, 'memory-messaging', async () => {
  const provider = memoryMessagingProvider()
  return {
    provider,
    link: (facts) => linkProvider(provider, facts),
    [Symbol.asyncDispose]: async () => {},
  }
})

test('memory-messaging - publishes without a promise', async (t) => {
  await using link = await linkProvider(memoryMessagingProvider())
  const body = new Uint8Array(1)
  t.is(link.ask('Publish', { subject: 's', replyTo: '', body }), undefined)
})

test('memory-messaging - takes the link values of nats-messaging, and says that they do nothing', async (t) => {
  const values = { URL: 'nats://u:secret@host', CREDSFILE: '/x', SUBSCRIPTION: 'a' }
  await using link = await linkProvider(memoryMessagingProvider(), { values })
  t.deepEqual(
    link.log.map(({ level, facts }) => [level, facts]),
    [['info', { values: ['URL', 'CREDSFILE'] }]],
  )
  t.deepEqual(link.info, { subscriptions: 'a' })
})

test('memory-messaging - members of a queue group take turns', async (t) => {
  const provider = memoryMessagingProvider()
  const got: string[] = []
  await using stack = new AsyncDisposableStack()
  const done = Promise.withResolvers<void>()
  for (const actor of ['MA', 'MB', 'MC']) {
    stack.use(
      await linkProvider(provider, {
        actor,
        values: { SUBSCRIPTION: 's', QUEUEGROUP_NAME: 'g' },
        invoke: async () => {
          got.push(actor)
          if (got.length === 6) done.resolve()
          return undefined
        },
      }),
    )
  }
  await using sender = await linkProvider(provider, { actor: 'MS' })
  for (let index = 0; index < 6; index++) {
    await sender.ask('Publish', { subject: 's', replyTo: '', body: new Uint8Array(0) })
  }
  await done.promise
  t.deepEqual(got.toSorted(), ['MA', 'MA', 'MB', 'MB', 'MC', 'MC'])
})
