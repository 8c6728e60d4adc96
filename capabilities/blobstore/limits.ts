import { integerValue, type LinkValue } from '../link-values.ts'

/** How far a link may fill its store, and how busy it may keep it. */
export interface BlobLimits {
  /** `MAX_BYTES` of all blobs together. */
  readonly maxBytes: number
  /** `MAX_BLOB_BYTES` of one blob. */
  readonly maxBlobBytes: number
  /** `MAX_BLOBS` in all containers together. */
  readonly maxBlobs: number
  /** `MAX_CONTAINERS`. */
  readonly maxContainers: number
  /** `MAX_CHUNK_BYTES` of one part, up or down. */
  readonly maxChunkBytes: number
  /** `MAX_UPLOADS` that are not complete, at a time. */
  readonly maxUploads: number
  /** `UPLOAD_TIMEOUT_MS`: milliseconds without a part after which an upload is given up. */
  readonly uploadTimeoutMs: number
  /** `MAX_DOWNLOADS` at a time. */
  readonly maxDownloads: number
  /** `DOWNLOAD_TIMEOUT_MS`: milliseconds that a whole download may take. */
  readonly downloadTimeoutMs: number
}

/** What {@link blobLimitValues} parse to. */
export interface BlobLimitValues {
  readonly MAX_BLOB_BYTES: number
  readonly MAX_CHUNK_BYTES: number
  readonly MAX_UPLOADS: number
  readonly UPLOAD_TIMEOUT_MS: number
  readonly MAX_DOWNLOADS: number
  readonly DOWNLOAD_TIMEOUT_MS: number
}

const mebibyte = 2 ** 20
const longestMs = 24 * 3_600_000

/** The link values that all blob stores have. */
export const blobLimitValues: { readonly [Name in keyof BlobLimitValues]: LinkValue<number> } = {
  MAX_BLOB_BYTES: integerValue(
    { description: 'size of one blob', unit: 'bytes', default: String(1024 * mebibyte) },
    { min: 1, max: 2 ** 40 },
  ),
  MAX_CHUNK_BYTES: integerValue(
    {
      description: 'size of one part of a blob, uploaded or downloaded',
      unit: 'bytes',
      default: String(mebibyte),
    },
    { min: 1, max: 16 * mebibyte },
  ),
  MAX_UPLOADS: integerValue(
    { description: 'uploads under way at a time', unit: 'uploads', default: '16' },
    { min: 1, max: 1000 },
  ),
  UPLOAD_TIMEOUT_MS: integerValue(
    {
      description: 'time without a part after which an upload is given up',
      unit: 'ms',
      default: '600000',
    },
    { min: 10, max: longestMs },
  ),
  MAX_DOWNLOADS: integerValue(
    { description: 'downloads under way at a time', unit: 'downloads', default: '8' },
    { min: 1, max: 1000 },
  ),
  DOWNLOAD_TIMEOUT_MS: integerValue(
    { description: 'time that a whole download may take', unit: 'ms', default: '600000' },
    { min: 10, max: longestMs },
  ),
}

/** The limits that the values stand for, and those that the provider adds. */
export function limitsOf(
  values: BlobLimitValues,
  store: Pick<BlobLimits, 'maxBytes' | 'maxBlobs' | 'maxContainers'>,
): BlobLimits {
  return {
    ...store,
    maxBlobBytes: values.MAX_BLOB_BYTES,
    maxChunkBytes: values.MAX_CHUNK_BYTES,
    maxUploads: values.MAX_UPLOADS,
    uploadTimeoutMs: values.UPLOAD_TIMEOUT_MS,
    maxDownloads: values.MAX_DOWNLOADS,
    downloadTimeoutMs: values.DOWNLOAD_TIMEOUT_MS,
  }
}
