import test from 'ava'
import { s3BlobstoreProvider } from '../../../capabilities/s3-blobstore/index.ts'
import { startS3 } from '../../support/s3-server.ts'
import { blobstoreContract } from '../blobstore-contract/index.ts'
import { linkProvider } from '../support/linked-provider.ts'

blobstoreContract(test, 's3-blobstore', async () => {
  const server = await startS3()
  const provider = s3BlobstoreProvider()
  return {
    link: ({ values, ...facts } = {}) =>
      linkProvider(provider, { ...facts, values: { ...server.values, ...values } }),
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  }
})
