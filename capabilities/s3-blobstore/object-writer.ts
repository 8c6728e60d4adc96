import type { BlobWriter } from '../blobstore/backend.ts'
import { limitExceeded } from '../blobstore/failures.ts'
import type { Bucket } from './client.ts'

/** What S3 allows for one upload. */
const mostParts = 10_000

/** What an object is written with. */
export interface ObjectWriterOptions {
  /** The name that the key stands for, where the key does not say. */
  readonly name: string | undefined
  /** Bytes that are gathered before they are sent; S3 wants 5 MiB at least in all parts but the last. */
  readonly partBytes: number
  /** What the object is going to have, where that is known. */
  readonly expectedBytes: number | undefined
}

/** Writes an object: in one request if it fits one part, else as a multipart upload. */
export class ObjectWriter implements BlobWriter {
  readonly #bucket: Bucket
  readonly #key: string
  readonly #name: string | undefined
  readonly #partBytes: number
  #gathered: Uint8Array[] = []
  #gatheredBytes = 0
  #uploadId: string | undefined
  readonly #etags: string[] = []

  constructor(bucket: Bucket, key: string, options: ObjectWriterOptions) {
    const { name, partBytes, expectedBytes = 0 } = options
    this.#bucket = bucket
    this.#key = key
    this.#name = name
    this.#partBytes = Math.max(partBytes, Math.ceil(expectedBytes / mostParts))
  }

  async append(bytes: Uint8Array, signal: AbortSignal): Promise<void> {
    for (let offset = 0; offset < bytes.length; ) {
      // Only once more follows is a full part not the last, and worth a multipart upload.
      if (this.#gatheredBytes === this.#partBytes) await this.#sendPart(signal)
      const end = Math.min(bytes.length, offset + this.#partBytes - this.#gatheredBytes)
      // Not `slice`, which makes a view of a Buffer.
      this.#gathered.push(new Uint8Array(bytes.subarray(offset, end)))
      this.#gatheredBytes += end - offset
      offset = end
    }
  }

  async commit(signal: AbortSignal): Promise<number | undefined> {
    const replaced = await this.#bucket.head(this.#key, signal)
    if (this.#uploadId === undefined) {
      await this.#bucket.put(this.#key, this.#take(), { name: this.#name }, signal)
    } else {
      await this.#sendPart(signal)
      await this.#bucket.completeMultipart(this.#key, this.#uploadId, this.#etags, signal)
      this.#uploadId = undefined
    }
    return replaced?.byteSize
  }

  async abort(): Promise<void> {
    this.#take()
    if (this.#uploadId === undefined) return
    // What stays is for the bucket's own rule on incomplete uploads; time is bounded by the bucket.
    const signal = new AbortController().signal
    await this.#bucket.abortMultipart(this.#key, this.#uploadId, signal).catch(() => undefined)
  }

  async #sendPart(signal: AbortSignal): Promise<void> {
    const number = this.#etags.length + 1
    if (number > mostParts) {
      const sent = this.#etags.length * this.#partBytes
      throw limitExceeded('MAX_BLOB_BYTES', sent + this.#gatheredBytes, sent)
    }
    this.#uploadId ??= await this.#bucket.startMultipart(this.#key, { name: this.#name }, signal)
    const part = { number, bytes: this.#take() }
    this.#etags.push(await this.#bucket.putPart(this.#key, this.#uploadId, part, signal))
  }

  #take(): Uint8Array {
    const bytes = Buffer.concat(this.#gathered, this.#gatheredBytes)
    this.#gathered = []
    this.#gatheredBytes = 0
    return bytes
  }
}
