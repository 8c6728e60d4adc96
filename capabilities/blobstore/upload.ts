import type { BlobRequest } from '../../contracts/index.ts'
import type { BlobWriter } from './backend.ts'
import type { Claim, Usage } from './usage.ts'

/** How an upload tells its owner that it is over. */
export interface UploadOwner {
  readonly usage: Usage
  /** Milliseconds without a part after which it is given up. */
  readonly timeoutMs: number
  /** Called once, whether it was completed or given up. */
  ended(upload: Upload, how: 'committed' | 'failed' | 'given up' | 'timed out'): void
}

/** A blob on its way in. Its tasks run one at a time, in the order in which they were asked for. */
export class Upload {
  readonly blob: BlobRequest
  /** Room in the store that it has claimed. */
  readonly claim: Claim = { bytes: 0, blobs: 0 }
  readonly #owner: UploadOwner
  readonly #timer: NodeJS.Timeout
  #writer: BlobWriter | undefined
  #tail: Promise<unknown> = Promise.resolve()
  /** Tasks that have been asked for and are not done: each starts the time anew when it is. */
  #waiting = 0
  #isOver = false

  constructor(blob: BlobRequest, owner: UploadOwner) {
    this.blob = { container: blob.container, id: blob.id }
    this.#owner = owner
    this.#timer = setTimeout(() => {
      if (this.#waiting === 0) void this.giveUp('timed out')
    }, owner.timeoutMs)
    this.#timer.unref()
  }

  get isOver(): boolean {
    return this.#isOver
  }

  /** Runs a task once those before it are done. A task that waits does not count as silence. */
  async run<T>(task: () => Promise<T>): Promise<T> {
    this.#waiting++
    const before = this.#tail
    const result = before.then(async () => {
      try {
        return await task()
      } finally {
        this.#waiting--
        if (!this.#isOver) this.#timer.refresh()
      }
    })
    this.#tail = result.catch(() => undefined)
    return result
  }

  /** Opens it for writing. Within a task; a failure ends the upload. */
  async open(opening: () => Promise<BlobWriter>): Promise<void> {
    this.#writer = await this.#orEnd(opening)
  }

  /** Writes bytes behind those before. Within a task; a failure ends the upload. */
  async append(bytes: Uint8Array, signal: AbortSignal): Promise<void> {
    await this.#orEnd(async () => this.#open().append(bytes, signal))
  }

  /** Completes the blob. Within a task; a failure ends the upload without one. */
  async commit(signal: AbortSignal): Promise<void> {
    const replacedBytes = await this.#orEnd(async () => this.#open().commit(signal))
    this.#writer = undefined
    this.#owner.usage.committed(this.claim, replacedBytes)
    this.#end('committed')
  }

  /** Ends the upload, within a task, for a reason of the caller's. */
  async fail(): Promise<void> {
    await this.#abort('failed')
  }

  /** Ends the upload once the tasks before are done, unless they ended it. Never throws. */
  giveUp(how: 'given up' | 'timed out' = 'given up'): Promise<void> {
    return this.run(() => this.#abort(how))
  }

  async #orEnd<T>(step: () => Promise<T>): Promise<T> {
    try {
      return await step()
    } catch (error) {
      await this.#abort('failed')
      throw error
    }
  }

  #open(): BlobWriter {
    if (this.#writer === undefined) throw new Error('the upload is not open')
    return this.#writer
  }

  async #abort(how: 'failed' | 'given up' | 'timed out'): Promise<void> {
    if (this.#isOver) return
    const writer = this.#writer
    this.#writer = undefined
    await writer?.abort()
    this.#owner.usage.release(this.claim)
    this.#end(how)
  }

  #end(how: 'committed' | 'failed' | 'given up' | 'timed out'): void {
    this.#isOver = true
    clearTimeout(this.#timer)
    this.#owner.ended(this, how)
  }
}
