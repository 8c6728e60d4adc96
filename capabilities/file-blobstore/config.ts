import { resolve } from 'node:path'
import * as v from 'valibot'
import type { StandardSchema } from '../../host/index.ts'
import { type BlobLimits, blobLimitValues, limitsOf } from '../blobstore/limits.ts'
import { integerValue, linkValues, parsedValue } from '../link-values.ts'

/** What one link asks of a store in files. Made from link values, which are named in capitals. */
export interface FileBlobstoreConfig {
  /** `ROOT`: the folder for all stores, absolute. Made if it is not there. */
  readonly root: string
  /**
   * `STORE`: the store's name; links of one `ROOT` that give the same name share one, whichever actors
   * they are of. Default: a store of the link's own.
   */
  readonly store: string | undefined
  readonly limits: BlobLimits
}

/** Link values of `file-blobstore`: `ROOT`, `STORE`, and limits. */
export const configSchema: StandardSchema<unknown, FileBlobstoreConfig> = v.pipe(
  linkValues({
    ROOT: parsedValue(
      {
        description: 'folder to keep blobs in, made if need be; relative to where the host runs',
        default: 'wash-ts-blobs',
      },
      parseRoot,
    ),
    STORE: parsedValue(
      { description: 'name of a store that links share; without it, each link has its own' },
      parseStoreName,
    ),
    MAX_BYTES: integerValue(
      { description: 'size of all blobs together', unit: 'bytes', default: String(10 * 2 ** 30) },
      { min: 1, max: 2 ** 49 },
    ),
    MAX_BLOBS: integerValue(
      { description: 'blobs in all containers together', unit: 'blobs', default: '100000' },
      { min: 1, max: 1_000_000 },
    ),
    MAX_CONTAINERS: integerValue(
      { description: 'containers', unit: 'containers', default: '1000' },
      { min: 1, max: 1_000_000 },
    ),
    ...blobLimitValues,
  }),
  v.transform(({ ROOT, STORE, MAX_BYTES, MAX_BLOBS, MAX_CONTAINERS, ...values }) => ({
    root: ROOT,
    store: STORE,
    limits: limitsOf(values, {
      maxBytes: MAX_BYTES,
      maxBlobs: MAX_BLOBS,
      maxContainers: MAX_CONTAINERS,
    }),
  })),
)

function parseRoot(text: string): string {
  if (text !== '' && !text.includes('\0')) return resolve(text)
  throw new Error(`${JSON.stringify(text)} is not a folder: give a path such as "./blobs"`)
}

function parseStoreName(text: string): string {
  if (/^[\w.-]{1,64}$/.test(text)) return text
  throw new Error(
    `${JSON.stringify(text)} is not a store's name: 1 to 64 letters, digits, ".", "_" and "-"`,
  )
}
