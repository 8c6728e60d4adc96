import test from 'ava'
import { redisKeyValueProvider } from '../../../capabilities/redis-keyvalue/index.ts'
import { type RedisServer, startRedis } from '../../support/redis-server.ts'
import { keyValueContract } from '../keyvalue-contract.ts'
import { linkProvider } from '../support/linked-provider.ts'

let redis: RedisServer
let databases = 0

test.before(async () => {
  redis = await startRedis({ config: { databases: '1000', appendfsync: 'no' } })
})
test.after.always(() => redis[Symbol.asyncDispose]())

keyValueContract(test, 'redis-keyvalue', () => {
  const provider = redisKeyValueProvider()
  const URL = `${redis.url}/${++databases}`
  return {
    link: (facts) => linkProvider(provider, { ...facts, values: { URL, ...facts?.values } }),
  }
})
