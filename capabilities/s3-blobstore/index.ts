/** Blob store contract on a server that speaks S3. */
import {
  type BlobstoreToActor,
  type BlobstoreToProvider,
  blobstore,
} from '../../contracts/index.ts'
import type { CapabilityProvider } from '../../host/index.ts'
import { blobstoreLink } from '../blobstore/operations.ts'
import { Usage } from '../blobstore/usage.ts'
import { S3Backend } from './backend.ts'
import { Bucket } from './client.ts'
import { configSchema, type S3BlobstoreConfig } from './config.ts'
import { containerKeyOf } from './keys.ts'

export type { BucketAccess } from './client.ts'
export type { S3BlobstoreConfig } from './config.ts'

/**
 * Blobs in one bucket of an S3 server, an object each, under keys that say whose they are:
 * `ACTOR/LINK/CONTAINER/BLOB`, or `PREFIX/CONTAINER/BLOB`. No request is ever repeated by itself.
 *
 * A blob is visible once it is complete. One that fits a part is put in one request, others in a
 * multipart upload, of which each upload under way holds one part in memory. Downloads read range by
 * range, and end early if the blob is replaced meanwhile.
 *
 * Linking sends nothing, unless `MAX_BYTES`, `MAX_BLOBS` or `MAX_CONTAINERS` have it count what is
 * there. Links that share keys are each held to what they know of.
 *
 * Operations throw CapabilityError `ERR_BLOB_NOT_FOUND`, `ERR_BLOB_NAME`, `ERR_BLOB_CHUNK`,
 * `ERR_BLOB_LIMIT`, `ERR_CONTAINER_NOT_EMPTY`, `ERR_SERVER_UNAVAILABLE`, `ERR_SERVER_REFUSED`,
 * `ERR_SERVER_TIMEOUT`, `ERR_OUTCOME_UNKNOWN`.
 */
export function s3BlobstoreProvider(): CapabilityProvider<
  S3BlobstoreConfig,
  BlobstoreToProvider,
  BlobstoreToActor
> {
  return {
    name: 's3-blobstore',
    summary: 'blobs in a bucket of an S3 server',
    contract: blobstore,
    configSchema,
    link: async ({ config, actor, linkName, log, signal, invoke }) => {
      const { access, partBytes, limits } = config
      const own = `${containerKeyOf(actor.id)}/${containerKeyOf(linkName)}/`
      const prefix = config.prefix ?? own
      const backend = new S3Backend(await Bucket.open(access), prefix, partBytes)
      const isCounted = [limits.maxBytes, limits.maxBlobs, limits.maxContainers].some(
        Number.isFinite,
      )
      const usage = new Usage(
        isCounted ? await backend.totals(signal) : { containers: 0, blobs: 0, bytes: 0 },
      )
      const link = blobstoreLink({ backend, usage, limits, log }, invoke)
      return {
        operations: link.operations,
        info: { endpoint: access.endpoint.origin, bucket: access.bucket, prefix },
        [Symbol.asyncDispose]: () => link[Symbol.asyncDispose](),
      }
    },
  }
}
