import { AsyncLocalStorage } from 'node:async_hooks'
import type { S3mini } from 's3mini'
import { type Attempt, badAnswer, serverFailure, statusOf } from './failures.ts'
import { boundedFetch, bytesOf, type Bounds } from './fetch.ts'

/** Where a bucket is, and with which keys to ask for it. */
export interface BucketAccess {
  /** The server, without bucket and keys. */
  readonly endpoint: URL
  readonly bucket: string
  readonly region: string
  /** Whether the bucket is part of the path, not of the host's name. */
  readonly isPathStyle: boolean
  readonly accessKeyId: string
  readonly secretAccessKey: string
  /** For one request, its answer included. */
  readonly timeoutMs: number
}

/** An object as a listing has it. A prefix that stands for several objects ends in a slash. */
export interface ListedObject {
  readonly key: string
  readonly byteSize: number
}

/** What is known of an object. */
export interface ObjectHead {
  readonly byteSize: number
  /** Changes whenever the object does. */
  readonly etag: string
  /** What {@link PutOptions.name} was when it was put. */
  readonly name: string | undefined
}

/** What goes with an object. */
export interface PutOptions {
  /** The name that its key stands for, where the key does not say. */
  readonly name?: string | undefined
}

const nameHeader = 'x-amz-meta-wash-ts-name'

/**
 * One bucket of an S3 server. Every request is bounded by a signal and by time, is never sent twice,
 * and fails with CapabilityError; redirects are not followed.
 */
export class Bucket {
  readonly server: string
  readonly #client: S3mini
  readonly #timeoutMs: number
  readonly #bounds: AsyncLocalStorage<Bounds>

  private constructor(client: S3mini, bounds: AsyncLocalStorage<Bounds>, access: BucketAccess) {
    this.#client = client
    this.#bounds = bounds
    this.#timeoutMs = access.timeoutMs
    this.server = `${access.endpoint.origin}, bucket ${access.bucket}`
  }

  /** Sends nothing yet. The client's library is loaded here, and only here. */
  static async open(access: BucketAccess): Promise<Bucket> {
    const { S3mini: Client } = await import('s3mini')
    const bounds = new AsyncLocalStorage<Bounds>()
    const { bucket, region, accessKeyId, secretAccessKey } = access
    const url = new URL(access.endpoint)
    if (access.isPathStyle) url.pathname = `${url.pathname.replace(/\/+$/, '')}/${bucket}`
    else url.hostname = `${bucket}.${url.hostname}`
    const client = new Client({
      endpoint: url.href,
      region,
      accessKeyId,
      secretAccessKey,
      fetch: (input, init) => boundedFetch(input, init, bounds.getStore()),
    })
    return new Bucket(client, bounds, access)
  }

  /** @returns `undefined` if there is no such object */
  async head(key: string, signal: AbortSignal): Promise<ObjectHead | undefined> {
    const attempt = this.#attempt('look at an object', true)
    const { result, response } = await this.#bounded(attempt, signal, false, () =>
      this.#client.objectExists(key),
    )
    return result === true ? headOf(response, attempt) : undefined
  }

  /** A range of an object, as long as it has not changed since `etag`. */
  async range(
    key: string,
    { offset, length, etag }: { offset: number; length: number; etag: string },
    signal: AbortSignal,
  ): Promise<Uint8Array> {
    const attempt = this.#attempt('read an object', true)
    const { result } = await this.#bounded(attempt, signal, true, async () => {
      const condition = { 'if-match': etag }
      const end = offset + length
      const response = await this.#client.getObjectRaw(key, false, offset, end, condition)
      // Not every server knows conditions.
      if (response.headers.get('etag') !== etag) throw badAnswer(attempt, 'the object has changed')
      const bytes = await bytesOf(response, length)
      if (bytes?.length !== length) throw badAnswer(attempt, 'it sent another range')
      return bytes
    })
    return result
  }

  /** An object of at most so many bytes. @returns `undefined` if there is none, or it is larger */
  get(key: string, mostBytes: number, signal: AbortSignal): Promise<Uint8Array | undefined> {
    return this.#unlessMissing(this.#attempt('read an object', true), signal, true, async () =>
      bytesOf(await this.#client.getObjectRaw(key), mostBytes),
    )
  }

  async put(
    key: string,
    bytes: Uint8Array,
    options: PutOptions,
    signal: AbortSignal,
  ): Promise<void> {
    await this.#bounded(this.#attempt('put an object', false), signal, false, () =>
      this.#client.putObject(key, bytes, contentType, undefined, headersOf(options)),
    )
  }

  /** One that is not there is as good as deleted. */
  async delete(key: string, signal: AbortSignal): Promise<void> {
    const attempt = this.#attempt('delete an object', false)
    await this.#unlessMissing(attempt, signal, false, () => this.#client.deleteObject(key))
  }

  /**
   * Objects below a prefix, in the order of their keys.
   *
   * @param options.after The key to go on after.
   * @param options.delimiter `/` to have one entry for all that go on with a slash.
   * @param options.most The most that one request asks for, up to 1000.
   */
  async *list(
    prefix: string,
    options: { after?: string; delimiter?: '/'; most?: number },
    signal: AbortSignal,
  ): AsyncIterable<ListedObject> {
    const { after, delimiter, most = 1000 } = options
    const attempt = this.#attempt('list objects', true)
    let token: string | undefined
    do {
      const { result: page } = await this.#bounded(attempt, signal, false, () =>
        this.#client.listObjectsPaged('/', prefix, most, token, {
          ...(after !== undefined && { 'start-after': after }),
          ...(delimiter !== undefined && { delimiter }),
        }),
      )
      if (!page?.objects) throw badAnswer(attempt, '404 NoSuchBucket')
      for (const { Key, Size } of page.objects) {
        if (!Number.isSafeInteger(Size) || Size < 0) throw badAnswer(attempt, 'a size is no number')
        yield { key: Key, byteSize: Size }
      }
      const next = page.nextContinuationToken
      if (next !== undefined && (next === token || page.objects.length === 0)) {
        throw badAnswer(attempt, 'its listing does not go on')
      }
      token = next
    } while (token !== undefined)
  }

  /** @returns the id of the upload */
  async startMultipart(key: string, options: PutOptions, signal: AbortSignal): Promise<string> {
    const attempt = this.#attempt('start an upload', false)
    const { result } = await this.#bounded(attempt, signal, false, () =>
      this.#client.getMultipartUploadId(key, contentType, undefined, headersOf(options)),
    )
    return result
  }

  /** @returns the part's ETag */
  async putPart(
    key: string,
    uploadId: string,
    part: { readonly number: number; readonly bytes: Uint8Array },
    signal: AbortSignal,
  ): Promise<string> {
    const attempt = this.#attempt('upload a part', false)
    const { result } = await this.#bounded(attempt, signal, false, () =>
      this.#client.uploadPart(key, uploadId, part.bytes, part.number),
    )
    // It becomes part of the XML that completes the upload.
    if (!/^[\w"+/=.-]{1,256}$/.test(result.etag)) throw badAnswer(attempt, 'a part has no ETag')
    return result.etag
  }

  /** @param etags Of all parts, from the first. */
  async completeMultipart(
    key: string,
    uploadId: string,
    etags: readonly string[],
    signal: AbortSignal,
  ): Promise<void> {
    const attempt = this.#attempt('complete an upload', false)
    const parts = etags.map((etag, index) => ({ partNumber: index + 1, etag }))
    const { result } = await this.#bounded(attempt, signal, false, () =>
      this.#client.completeMultipartUpload(key, uploadId, parts),
    )
    // S3 says 200 before it knows, and may then go on with an error.
    if (typeof result.etag !== 'string') throw badAnswer(attempt, 'it was not completed')
  }

  async abortMultipart(key: string, uploadId: string, signal: AbortSignal): Promise<void> {
    const attempt = this.#attempt('abort an upload', false)
    await this.#unlessMissing(attempt, signal, false, () =>
      this.#client.abortMultipartUpload(key, uploadId),
    )
  }

  #attempt(operation: string, isReading: boolean): Attempt {
    return { server: this.server, operation, isReading, timeoutMs: this.#timeoutMs }
  }

  async #unlessMissing<T>(
    attempt: Attempt,
    signal: AbortSignal,
    isObject: boolean,
    request: () => Promise<T>,
  ): Promise<T | undefined> {
    const { result } = await this.#bounded(attempt, signal, isObject, async () => {
      try {
        return await request()
      } catch (error) {
        if (statusOf(error) === 404 && !isNoBucket(error)) return undefined
        throw error
      }
    })
    return result
  }

  async #bounded<T>(
    attempt: Attempt,
    signal: AbortSignal,
    isObject: boolean,
    request: () => Promise<T>,
  ): Promise<{ readonly result: T; readonly response: Response | undefined }> {
    signal.throwIfAborted()
    const bounds: Bounds = {
      signal: AbortSignal.any([signal, AbortSignal.timeout(attempt.timeoutMs)]),
      isObject,
      response: undefined,
      requests: 0,
    }
    try {
      const result = await this.#bounds.run(bounds, request)
      return { result, response: bounds.response }
    } catch (error) {
      signal.throwIfAborted()
      throw serverFailure(error, attempt)
    }
  }
}

const contentType = 'application/octet-stream'

function headOf(response: Response | undefined, attempt: Attempt): ObjectHead {
  const length = response?.headers.get('content-length') ?? ''
  const etag = response?.headers.get('etag') ?? ''
  if (!/^\d{1,15}$/.test(length) || etag === '') {
    throw badAnswer(attempt, 'an object has no size or no ETag')
  }
  const name = response?.headers.get(nameHeader)
  return {
    byteSize: Number(length),
    etag,
    name: typeof name === 'string' ? Buffer.from(name, 'base64url').toString() : undefined,
  }
}

function isNoBucket(error: unknown): boolean {
  return (error as { serviceCode?: unknown } | null)?.serviceCode === 'NoSuchBucket'
}

function headersOf({ name }: PutOptions): { [header: `x-amz-${string}`]: string } {
  return name === undefined ? {} : { [nameHeader]: Buffer.from(name).toString('base64url') }
}
