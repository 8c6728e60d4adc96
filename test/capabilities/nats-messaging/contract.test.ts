import test from 'ava'
import { natsMessagingProvider } from '../../../capabilities/nats-messaging/index.ts'
import { startNats } from '../../support/nats-server.ts'
import { messagingContract } from '../messaging-contract.ts'
import { linkProvider } from '../support/linked-provider.ts'

messagingContract(test, 'nats-messaging', async () => {
  await using opened = new AsyncDisposableStack()
  const nats = opened.use(await startNats())
  const provider = natsMessagingProvider()
  const owned = opened.move()
  return {
    provider,
    link: ({ values, ...facts } = {}) =>
      linkProvider(provider, { ...facts, values: { URL: nats.url, ...values } }),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  }
})
