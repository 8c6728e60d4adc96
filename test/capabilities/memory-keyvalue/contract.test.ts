import test from 'ava'
import { memoryKeyValueProvider } from '../../../capabilities/memory-keyvalue/index.ts'
import { keyValueContract } from '../keyvalue-contract.ts'
import { linkProvider } from '../support/linked-provider.ts'

keyValueContract(test, 'memory-keyvalue', () => {
  const provider = memoryKeyValueProvider()
  return { link: (facts) => linkProvider(provider, facts) }
})

test('memory-keyvalue - answers without a promise', async (t) => {
  await using link = await linkProvider(memoryKeyValueProvider())
  t.deepEqual(link.ask('Add', { key: 'n', value: 1 }), { value: 1 })
  t.deepEqual(link.ask('Get', { key: 'n' }), { value: '1', exists: true })
})
