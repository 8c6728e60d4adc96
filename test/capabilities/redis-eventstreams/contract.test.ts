import test from 'ava'
import { redisEventStreamsProvider } from '../../../capabilities/redis-eventstreams/index.ts'
import { startRedis } from '../../support/redis-server.ts'
import { eventStreamsContract } from '../event-streams-contract.ts'
import { linkProvider } from '../support/linked-provider.ts'

eventStreamsContract(test, 'redis-eventstreams', async () => {
  await using opened = new AsyncDisposableStack()
  const redis = opened.use(await startRedis())
  const provider = redisEventStreamsProvider()
  const owned = opened.move()
  return {
    provider,
    link: ({ values, ...facts } = {}) =>
      linkProvider(provider, { ...facts, values: { URL: redis.url, ...values } }),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  }
})
