import test from 'ava'
import { fileBlobstoreProvider } from '../../../capabilities/file-blobstore/index.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import { blobstoreContract } from '../blobstore-contract/index.ts'
import { linkProvider } from '../support/linked-provider.ts'

blobstoreContract(test, 'file-blobstore', async () => {
  const folder = await temporaryFolder()
  const provider = fileBlobstoreProvider()
  return {
    link: ({ values, ...facts } = {}) =>
      linkProvider(provider, { ...facts, values: { ROOT: folder.path, ...values } }),
    [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose](),
  }
})
