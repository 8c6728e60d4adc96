import type {
  BlobBackend,
  BlobReader,
  BlobWriter,
  ListFrom,
  StoredBlob,
} from '../blobstore/backend.ts'
import { notEmpty, notFound } from '../blobstore/failures.ts'
import type { StoreTotals } from '../blobstore/usage.ts'
import type { Bucket, ListedObject } from './client.ts'
import { blobKeyOf, containerKeyOf, containerOfKey, idOfKey, isHashed, markerName } from './keys.ts'
import { ObjectWriter } from './object-writer.ts'

/** Bytes of a container's name, which its marker holds. */
const mostNameBytes = 1024

/**
 * A store of blobs in a bucket: `PREFIX CONTAINER/BLOB`, an object each, and `CONTAINER/.container` for
 * a container that was made. One that has objects exists without it. Objects whose keys are none of
 * ours are not listed.
 */
export class S3Backend implements BlobBackend {
  readonly #bucket: Bucket
  readonly #prefix: string
  readonly #partBytes: number

  /** @param prefix Empty, or ends in a slash. */
  constructor(bucket: Bucket, prefix: string, partBytes: number) {
    this.#bucket = bucket
    this.#prefix = prefix
    this.#partBytes = partBytes
  }

  /** Counts what is there, a request for each 1000 objects. */
  async totals(signal: AbortSignal): Promise<StoreTotals> {
    const containers = new Set<string>()
    let [blobs, bytes] = [0, 0]
    for await (const { key, byteSize } of this.#bucket.list(this.#prefix, {}, signal)) {
      const [container = '', ...rest] = key.slice(this.#prefix.length).split('/')
      if (rest.length === 0) continue
      containers.add(container)
      if (rest.join('/') === markerName) continue
      blobs++
      bytes += byteSize
    }
    return { containers: containers.size, blobs, bytes }
  }

  async createContainer(container: string, signal: AbortSignal): Promise<boolean> {
    if (await this.hasContainer(container, signal)) return false
    await this.#bucket.put(this.#markerOf(container), Buffer.from(container), {}, signal)
    return true
  }

  async hasContainer(container: string, signal: AbortSignal): Promise<boolean> {
    const head = await this.#bucket.head(this.#markerOf(container), signal)
    return head !== undefined || (await this.#first(container, 1, signal)).length > 0
  }

  async *containers(signal: AbortSignal): AsyncIterable<string> {
    const options = { delimiter: '/' } as const
    for await (const { key } of this.#bucket.list(this.#prefix, options, signal)) {
      if (!key.endsWith('/')) continue
      const segment = key.slice(this.#prefix.length, -1)
      const container = isHashed(segment)
        ? await this.#nameOfHashed(segment, signal)
        : containerOfKey(segment)
      if (container !== undefined) yield container
    }
  }

  async removeContainer(container: string, signal: AbortSignal): Promise<boolean> {
    const marker = this.#markerOf(container)
    const some = await this.#first(container, 2, signal)
    if (some.some(({ key }) => key !== marker)) throw notEmpty(container)
    if (some.length === 0) return false
    await this.#bucket.delete(marker, signal)
    return true
  }

  async byteSize(container: string, id: string, signal: AbortSignal): Promise<number | undefined> {
    return (await this.#bucket.head(this.#keyOf(container, id), signal))?.byteSize
  }

  async *blobs(container: string, from: ListFrom, signal: AbortSignal): AsyncIterable<StoredBlob> {
    const { startWith, after } = from
    const below = this.#below(container)
    const options = after === '' ? {} : { after: this.#keyOf(container, after) }
    let isEmpty = true
    for await (const { key, byteSize } of this.#bucket.list(below, options, signal)) {
      isEmpty = false
      const name = key.slice(below.length)
      if (name === markerName) continue
      const id = isHashed(name) ? await this.#idOfHashed(key, name, signal) : idOfKey(name)
      if (id?.startsWith(startWith)) yield { id, byteSize }
    }
    if (isEmpty && !(await this.hasContainer(container, signal))) throw notFound(container)
  }

  async removeBlob(
    container: string,
    id: string,
    signal: AbortSignal,
  ): Promise<number | undefined> {
    const key = this.#keyOf(container, id)
    const head = await this.#bucket.head(key, signal)
    if (head === undefined) return undefined
    await this.#bucket.delete(key, signal)
    return head.byteSize
  }

  async write(
    container: string,
    id: string,
    expectedBytes: number | undefined,
    signal: AbortSignal,
  ): Promise<BlobWriter> {
    if (!(await this.hasContainer(container, signal))) throw notFound(container)
    const key = blobKeyOf(id)
    return new ObjectWriter(this.#bucket, this.#below(container) + key, {
      name: isHashed(key) ? id : undefined,
      partBytes: this.#partBytes,
      expectedBytes,
    })
  }

  async read(container: string, id: string, signal: AbortSignal): Promise<BlobReader> {
    const key = this.#keyOf(container, id)
    const head = await this.#bucket.head(key, signal)
    if (head === undefined) {
      throw notFound(container, (await this.hasContainer(container, signal)) ? id : undefined)
    }
    const { etag, byteSize } = head
    return {
      byteSize,
      read: (offset, length, readSignal) =>
        this.#bucket.range(key, { offset, length, etag }, readSignal),
      [Symbol.asyncDispose]: async () => undefined,
    }
  }

  #below(container: string): string {
    return `${this.#prefix}${containerKeyOf(container)}/`
  }

  #markerOf(container: string): string {
    return this.#below(container) + markerName
  }

  #keyOf(container: string, id: string): string {
    return this.#below(container) + blobKeyOf(id)
  }

  async #first(container: string, most: number, signal: AbortSignal): Promise<ListedObject[]> {
    const found: ListedObject[] = []
    for await (const object of this.#bucket.list(this.#below(container), { most }, signal)) {
      if (found.push(object) === most) break
    }
    return found
  }

  async #nameOfHashed(segment: string, signal: AbortSignal): Promise<string | undefined> {
    const marker = `${this.#prefix}${segment}/${markerName}`
    const bytes = await this.#bucket.get(marker, mostNameBytes, signal)
    const name = bytes && Buffer.from(bytes).toString()
    return name !== undefined && containerKeyOf(name) === segment ? name : undefined
  }

  async #idOfHashed(key: string, name: string, signal: AbortSignal): Promise<string | undefined> {
    const id = (await this.#bucket.head(key, signal))?.name
    return id !== undefined && blobKeyOf(id) === name ? id : undefined
  }
}
