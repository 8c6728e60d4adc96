/** Blob store contract on the file system of the host. */
import {
  type BlobstoreToActor,
  type BlobstoreToProvider,
  blobstore,
} from '../../contracts/index.ts'
import type { CapabilityProvider } from '../../host/index.ts'
import { blobstoreLink } from '../blobstore/operations.ts'
import { configSchema, type FileBlobstoreConfig } from './config.ts'
import { Stores } from './stores.ts'

export type { FileBlobstoreConfig } from './config.ts'

/**
 * Blobs in files, one a blob, below the folder that `ROOT` names. Each link has a store of its own, or
 * shares the one that `STORE` names. The folder is for the host alone: who else can write to it can
 * change blobs, though not lead the host to files elsewhere.
 *
 * A blob is visible once it is complete and on disk. Stores outlast links, updates of actors and the
 * process; several processes may share a `ROOT`, but then each counts what it knows of.
 *
 * Operations throw CapabilityError `ERR_BLOB_NOT_FOUND`, `ERR_BLOB_NAME`, `ERR_BLOB_CHUNK`,
 * `ERR_BLOB_LIMIT`, `ERR_CONTAINER_NOT_EMPTY`, `ERR_BLOB_STORE`.
 */
export function fileBlobstoreProvider(): CapabilityProvider<
  FileBlobstoreConfig,
  BlobstoreToProvider,
  BlobstoreToActor
> {
  const stores = new Stores()
  return {
    name: 'file-blobstore',
    summary: 'blobs in files below a folder of the host',
    contract: blobstore,
    configSchema,
    link: async ({ config, actor, linkName, log, signal, invoke }) => {
      const { root, store: shared, limits } = config
      const { backend, usage, release } = await stores.hold(root, actor, linkName, shared, signal)
      const link = blobstoreLink({ backend, usage, limits, log }, invoke)
      return {
        operations: link.operations,
        info: { root, ...(shared !== undefined && { store: shared }) },
        [Symbol.asyncDispose]: async () => {
          try {
            await link[Symbol.asyncDispose]()
          } finally {
            release()
          }
        },
      }
    },
  }
}
