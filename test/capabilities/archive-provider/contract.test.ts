import test from 'ava'
import { archiveProvider } from '../../../capabilities/archive-provider/index.ts'
import { keyValueContract } from '../keyvalue-contract.ts'
import { linkProvider } from '../support/linked-provider.ts'
import { archiveOfFile } from './support/archives.ts'

// One provider for all: its process stays while any test has a link to it, and each link has a store.
const provider = await archiveProvider(await archiveOfFile('keyvalue.ts'))

keyValueContract(test, 'archive-provider', () => ({
  link: (facts) => linkProvider(provider, facts),
}))
