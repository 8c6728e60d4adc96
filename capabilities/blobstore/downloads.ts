import type {
  BlobPart,
  BlobRequest,
  BlobstoreToActor,
  GetObjectRequest,
  GetObjectResponse,
  StreamRequest,
} from '../../contracts/index.ts'
import type { LinkContext } from '../../host/index.ts'
import type { BlobReader } from './backend.ts'
import { limitExceeded } from './failures.ts'
import { checkName } from './names.ts'
import type { TransferContext } from './uploads.ts'

/** Bytes of a part where the actor leaves the choice to us. */
const usualChunkBytes = 256 * 1024

type Invoke = LinkContext<unknown, BlobstoreToActor>['invoke']

/** Part of a blob on its way to the actor: `offset` is what comes next, `end` is behind the last byte. */
interface Sending extends BlobRequest {
  readonly chunkSize: number
  readonly context: string
  readonly end: number
  offset: number
  sequenceNo: number
}

/**
 * The downloads of one link that are under way. Each sends its parts one after the other, and waits for
 * the actor to take one before it reads the next.
 */
export class Downloads implements AsyncDisposable {
  readonly #context: TransferContext
  readonly #invoke: Invoke
  readonly #closing = new AbortController()
  readonly #running = new Set<Promise<void>>()
  #count = 0

  constructor(context: TransferContext, invoke: Invoke) {
    this.#context = context
    this.#invoke = invoke
  }

  /** Answers once the blob is open; its parts follow, an empty one if it has no bytes. */
  async start(request: StreamRequest, callSignal: AbortSignal): Promise<void> {
    const { container, id, context } = request
    const { maxChunkBytes } = this.#context.limits
    const chunkSize = Math.min(request.chunkSize || usualChunkBytes, maxChunkBytes)
    await this.#begin(request, callSignal, async (reader) => {
      const end = reader.byteSize
      return { container, id, context, chunkSize, end, offset: 0, sequenceNo: 0 }
    })
  }

  /** Answers with the first part of what was asked for; if there is more, it follows. */
  async get(request: GetObjectRequest, callSignal: AbortSignal): Promise<GetObjectResponse> {
    const { container, id } = request
    const chunkSize = this.#context.limits.maxChunkBytes
    let response: GetObjectResponse | undefined
    await this.#begin(request, callSignal, async (reader, signal) => {
      const end = Math.min(reader.byteSize, request.end + 1)
      const start = Math.min(request.start, end)
      const length = Math.min(chunkSize, end - start)
      const bytes = length === 0 ? new Uint8Array(0) : await reader.read(start, length, signal)
      const offset = start + length
      const first: BlobPart = { container, id, bytes, offset: start, isLast: offset === end }
      response = { contentLength: end - start, first }
      if (first.isLast) return undefined
      return { container, id, context: '', chunkSize, end, offset, sequenceNo: 1 }
    })
    if (response === undefined) throw new Error('a download began without its first part')
    return response
  }

  /** Stops what is under way. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort()
    await Promise.all(this.#running)
  }

  /** Opens a blob, and sends in the background what `plan` says is left to send. */
  async #begin(
    blob: BlobRequest,
    callSignal: AbortSignal,
    plan: (reader: BlobReader, signal: AbortSignal) => Promise<Sending | undefined>,
  ): Promise<void> {
    const { container, id } = blob
    const { backend, limits } = this.#context
    checkName('container', container)
    checkName('blob', id)
    const wanted = this.#count + 1
    if (wanted > limits.maxDownloads) {
      throw limitExceeded('MAX_DOWNLOADS', wanted, limits.maxDownloads)
    }
    this.#count++
    const signal = AbortSignal.any([callSignal, this.#closing.signal])
    let reader: BlobReader | undefined
    let sending: Sending | undefined
    try {
      reader = await backend.read(container, id, signal)
      sending = await plan(reader, signal)
    } finally {
      if (sending === undefined) {
        this.#count--
        await reader?.[Symbol.asyncDispose]()
      }
    }
    if (sending === undefined) return
    const running = this.#run(reader, sending).finally(() => {
      this.#count--
      this.#running.delete(running)
    })
    this.#running.add(running)
  }

  /** Never throws: nobody waits for it. */
  async #run(reader: BlobReader, sending: Sending): Promise<void> {
    const { limits, log } = this.#context
    const { container, id } = sending
    const signal = AbortSignal.any([
      this.#closing.signal,
      AbortSignal.timeout(limits.downloadTimeoutMs),
    ])
    try {
      await using opened = reader
      await this.#send(opened, sending, signal)
    } catch (error) {
      if (this.#closing.signal.aborted) return
      log.warn('download ended early', { container, id, sentBytes: sending.offset, error })
    }
  }

  async #send(reader: BlobReader, sending: Sending, signal: AbortSignal): Promise<void> {
    const { container, id, chunkSize, context, end } = sending
    for (let isLast = false; !isLast; sending.sequenceNo++) {
      const { offset, sequenceNo } = sending
      const length = Math.min(chunkSize, end - offset)
      const bytes = length === 0 ? new Uint8Array(0) : await reader.read(offset, length, signal)
      signal.throwIfAborted()
      isLast = offset + length === end
      const { cancel } = await this.#invoke(
        'ReceiveChunk',
        {
          container,
          id,
          sequenceNo,
          totalBytes: reader.byteSize,
          chunkSize,
          context,
          bytes,
          offset,
          isLast,
        },
        { signal },
      )
      sending.offset = offset + length
      if (cancel) return
    }
  }
}
