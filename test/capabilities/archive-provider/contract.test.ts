import test from 'ava'
import { archiveProvider } from '../../../capabilities/archive-provider/index.ts'
import { keyValueContract } from '../keyvalue-contract.ts'
import { linkProvider } from '../support/linked-provider.ts'
import { archiveOfFile } from './support/archives.ts'

// One provider for all, for a process each would be too dear: each test has actors of its own.
const provider = await archiveProvider(await archiveOfFile('keyvalue.ts'))
let subjects = 0

keyValueContract(test, 'archive-provider', () => {
  const number = ++subjects
  return {
    link: (facts = {}) =>
      linkProvider(provider, { ...facts, actor: `${number} ${facts.actor ?? 'MA'}` }),
  }
})
