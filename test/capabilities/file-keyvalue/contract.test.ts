import { join } from 'node:path'
import test from 'ava'
import { fileKeyValueProvider } from '../../../capabilities/file-keyvalue/index.ts'
import { temporaryFolder } from '../../support/service.ts'
import { keyValueContract } from '../keyvalue-contract.ts'
import { linkProvider } from '../support/linked-provider.ts'

let folder: Awaited<ReturnType<typeof temporaryFolder>>
let files = 0

test.before(async () => {
  folder = await temporaryFolder()
})
test.after.always(() => folder[Symbol.asyncDispose]())

keyValueContract(test, 'file-keyvalue', () => {
  const provider = fileKeyValueProvider()
  const FILE = join(folder.path, `${++files}.db`)
  return {
    link: (facts) => linkProvider(provider, { ...facts, values: { FILE, ...facts?.values } }),
  }
})

test('file-keyvalue - answers without a promise', async (t) => {
  const values = { FILE: join(folder.path, 'at-once.db') }
  await using link = await linkProvider(fileKeyValueProvider(), { values })
  t.deepEqual(link.ask('Add', { key: 'n', value: 1 }), { value: 1 })
  t.deepEqual(link.ask('Get', { key: 'n' }), { value: '1', exists: true })
})
