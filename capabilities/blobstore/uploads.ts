import { randomUUID } from 'node:crypto'
import type {
  BlobPart,
  BlobRequest,
  FileChunk,
  PutChunkRequest,
  PutObjectResponse,
} from '../../contracts/index.ts'
import type { Logger } from '../../host/index.ts'
import type { BlobBackend } from './backend.ts'
import { ChunkFault, ChunkOrder, TooFarAhead } from './chunk-order.ts'
import { limitExceeded, wrongChunk } from './failures.ts'
import type { BlobLimits } from './limits.ts'
import { checkName } from './names.ts'
import { Upload } from './upload.ts'
import type { Usage } from './usage.ts'

/** What the transfers of one link work with. */
export interface TransferContext {
  readonly backend: BlobBackend
  readonly usage: Usage
  readonly limits: BlobLimits
  readonly log: Logger
}

/** Bytes of parts that came before their turn, in all uploads of a link. */
const mostHeldBytes = 8 * 2 ** 20

/** Complete uploads that are remembered, so that a part of one may come again. */
const mostRemembered = 64

interface Announced {
  readonly totalBytes: number
  readonly chunkSize: number
}

interface Sequence extends Announced {
  readonly kind: 'sequence'
  readonly upload: Upload
  readonly order: ChunkOrder
}

interface Stream {
  readonly kind: 'stream'
  readonly upload: Upload
  readonly streamId: string
  receivedBytes: number
}

/** The uploads of one link that are under way. */
export class Uploads implements AsyncDisposable {
  readonly #context: TransferContext
  readonly #closing = new AbortController()
  readonly #open = new Map<string, Sequence | Stream>()
  readonly #complete = new Map<string, Announced>()

  constructor(context: TransferContext) {
    this.#context = context
  }

  /**
   * Starts a blob of known size. One of that name that is under way is given up; one that is there
   * stays until the new one is complete. The first part may come with it.
   */
  async start(chunk: FileChunk, callSignal: AbortSignal): Promise<void> {
    const { limits, usage, backend } = this.#context
    const { container, id, totalBytes, chunkSize } = chunk
    checkName('container', container)
    checkName('blob', id)
    if (totalBytes > limits.maxBlobBytes) {
      throw limitExceeded('MAX_BLOB_BYTES', totalBytes, limits.maxBlobBytes)
    }
    if (chunkSize > limits.maxChunkBytes) {
      throw limitExceeded('MAX_CHUNK_BYTES', chunkSize, limits.maxChunkBytes)
    }
    if (chunkSize === 0 && totalBytes > 0) {
      throw wrongChunk(chunk, chunk.sequenceNo, 'its chunk size is 0')
    }
    const order = new ChunkOrder(totalBytes, Math.max(chunkSize, 1))
    const { upload, before } = this.#register(chunk, (opened) => {
      return { kind: 'sequence', upload: opened, order, totalBytes, chunkSize }
    })
    const signal = this.#signal(callSignal)
    await upload.run(async () => {
      await before?.giveUp()
      await upload.open(async () => {
        signal.throwIfAborted()
        const isThere = (await backend.byteSize(container, id, signal)) !== undefined
        usage.claim(upload.claim, totalBytes, isThere ? 0 : 1, limits)
        return backend.write(container, id, totalBytes, signal)
      })
      if (order.isComplete) await this.#commit(upload, { totalBytes, chunkSize }, signal)
    })
    if (chunk.bytes.length > 0) await this.add(chunk, callSignal)
  }

  /** Takes a part of a blob that was started, in any order. One that came before is ignored. */
  async add(chunk: FileChunk, callSignal: AbortSignal): Promise<void> {
    const key = keyOf(chunk)
    const found = this.#open.get(key)
    if (found?.kind !== 'sequence') {
      if (!isSame(this.#complete.get(key), chunk)) throw noUpload(chunk, chunk.sequenceNo)
      return
    }
    if (!isSame(found, chunk)) {
      const { totalBytes, chunkSize } = found
      const reason = `the upload was started with ${totalBytes} bytes in parts of ${chunkSize}`
      throw wrongChunk(chunk, chunk.sequenceNo, reason)
    }
    const { upload, order } = found
    const signal = this.#signal(callSignal)
    await upload.run(async () => {
      signal.throwIfAborted()
      if (upload.isOver) {
        if (isSame(this.#complete.get(key), chunk)) return
        throw noUpload(chunk, chunk.sequenceNo)
      }
      for (const bytes of this.#inOrder(order, chunk)) await upload.append(bytes, signal)
      if (order.isComplete) await this.#commit(upload, found, signal)
    })
  }

  /** Takes the first part of a blob of any size, or all of it. */
  async put(part: BlobPart, callSignal: AbortSignal): Promise<PutObjectResponse> {
    const { limits, usage, backend } = this.#context
    const { container, id, bytes, isLast } = part
    checkName('container', container)
    checkName('blob', id)
    if (part.offset !== 0) throw wrongChunk(part, 0, `it starts at ${part.offset} instead of 0`)
    const streamId = isLast ? '' : randomUUID()
    const { upload, before } = this.#register(part, (opened) => {
      return { kind: 'stream', upload: opened, streamId, receivedBytes: bytes.length }
    })
    const signal = this.#signal(callSignal)
    await upload.run(async () => {
      await before?.giveUp()
      await upload.open(async () => {
        signal.throwIfAborted()
        this.#checkPart(part)
        const isThere = (await backend.byteSize(container, id, signal)) !== undefined
        usage.claim(upload.claim, bytes.length, isThere ? 0 : 1, limits)
        return backend.write(container, id, isLast ? bytes.length : undefined, signal)
      })
      await upload.append(bytes, signal)
      if (isLast) await upload.commit(signal)
    })
    return { streamId }
  }

  /** Takes the next part of a blob that `put` started. */
  async putMore(part: PutChunkRequest, callSignal: AbortSignal): Promise<void> {
    const { limits, usage } = this.#context
    const { offset, bytes } = part
    const stream = this.#open.get(keyOf(part))
    if (
      stream?.kind !== 'stream' ||
      (part.streamId !== '' && part.streamId !== stream.streamId) ||
      stream.streamId === ''
    ) {
      throw noUpload(part, offset)
    }
    const { upload } = stream
    const signal = this.#signal(callSignal)
    await upload.run(async () => {
      signal.throwIfAborted()
      if (upload.isOver) throw noUpload(part, offset)
      this.#checkPart(part)
      if (offset + bytes.length <= stream.receivedBytes && !part.isLast) return
      if (offset !== stream.receivedBytes) {
        throw wrongChunk(part, offset, `it starts at ${offset} instead of ${stream.receivedBytes}`)
      }
      try {
        usage.claim(upload.claim, bytes.length, 0, limits)
      } catch (error) {
        await upload.fail()
        throw error
      }
      await upload.append(bytes, signal)
      stream.receivedBytes += bytes.length
      if (part.isLast) await upload.commit(signal)
    })
  }

  /** Ends the upload of a blob, if there is one. */
  async cancel(blob: BlobRequest): Promise<void> {
    await this.#open.get(keyOf(blob))?.upload.giveUp()
  }

  /** Gives up what is under way. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort()
    await Promise.all([...this.#open.values()].map(({ upload }) => upload.giveUp()))
  }

  #register(
    blob: BlobRequest,
    entryOf: (upload: Upload) => Sequence | Stream,
  ): { upload: Upload; before: Upload | undefined } {
    const { limits, usage } = this.#context
    const key = keyOf(blob)
    const before = this.#open.get(key)?.upload
    const wanted = this.#open.size + (before ? 0 : 1)
    if (wanted > limits.maxUploads) throw limitExceeded('MAX_UPLOADS', wanted, limits.maxUploads)
    const upload: Upload = new Upload(blob, {
      usage,
      timeoutMs: limits.uploadTimeoutMs,
      ended: (over, how) => {
        if (this.#open.get(key)?.upload === over) this.#open.delete(key)
        if (how === 'timed out')
          this.#context.log.warn('unfinished upload given up', { ...over.blob })
      },
    })
    this.#open.set(key, entryOf(upload))
    this.#complete.delete(key)
    return { upload, before }
  }

  #inOrder(order: ChunkOrder, chunk: FileChunk): Uint8Array[] {
    const held = [...this.#open.values()].reduce(
      (sum, each) => sum + (each.kind === 'sequence' ? each.order.heldBytes : 0),
      0,
    )
    const most = Math.max(mostHeldBytes, this.#context.limits.maxChunkBytes)
    try {
      return order.accept(chunk.sequenceNo, chunk.bytes, most - held)
    } catch (error) {
      if (error instanceof ChunkFault) throw wrongChunk(chunk, chunk.sequenceNo, error.message)
      if (error instanceof TooFarAhead) throw limitExceeded('CHUNKS_AHEAD', error.wanted, most)
      throw error
    }
  }

  async #commit(upload: Upload, announced: Announced, signal: AbortSignal): Promise<void> {
    await upload.commit(signal)
    const { totalBytes, chunkSize } = announced
    const [oldest] = this.#complete.keys()
    if (this.#complete.size >= mostRemembered && oldest !== undefined) this.#complete.delete(oldest)
    this.#complete.set(keyOf(upload.blob), { totalBytes, chunkSize })
  }

  #checkPart({ bytes, offset }: BlobPart): void {
    const { maxChunkBytes, maxBlobBytes } = this.#context.limits
    if (bytes.length > maxChunkBytes) {
      throw limitExceeded('MAX_CHUNK_BYTES', bytes.length, maxChunkBytes)
    }
    if (offset + bytes.length > maxBlobBytes) {
      throw limitExceeded('MAX_BLOB_BYTES', offset + bytes.length, maxBlobBytes)
    }
  }

  #signal(callSignal: AbortSignal): AbortSignal {
    return AbortSignal.any([callSignal, this.#closing.signal])
  }
}

function keyOf({ container, id }: BlobRequest): string {
  return JSON.stringify([container, id])
}

function isSame(announced: Announced | undefined, { totalBytes, chunkSize }: Announced): boolean {
  return announced?.totalBytes === totalBytes && announced.chunkSize === chunkSize
}

function noUpload(blob: BlobRequest, sequenceNo: number): Error {
  return wrongChunk(blob, sequenceNo, 'no upload of the blob is under way')
}
