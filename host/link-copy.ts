import { HostError } from './errors.ts'
import { eventReason } from './events.ts'
import type { Link } from './link.ts'
import type { LinkContent } from './provider.ts'

/** What a copy is made of: a live link, and the content that it is to have once it has turned over. */
export interface CopiedLink {
  readonly link: Link
  readonly from: LinkContent
  readonly to: LinkContent
}

/** Who may end a copy early, and who hears how far it is. */
export interface CopyOptions {
  readonly signal: AbortSignal
  /** Called as keys are written, at most once for every {@link parallelKeys}. */
  onProgress?(progress: CopyProgress): void
}

/** How far a copy is. */
export interface CopyProgress {
  /** Written so far; those that changed meanwhile are written, and counted, again. */
  readonly copiedKeys: number
  /** There were so many when it began. */
  readonly totalKeys: number
}

/** What became of a copy. */
export interface CopyReport {
  /** Items that were written; one that changed meanwhile is written, and counted, again. */
  readonly keys: number
  /** What could not be moved, and is only where it was. */
  readonly failed: readonly CopyFailure[]
}

/** A key that could not be moved. */
export interface CopyFailure {
  readonly actor: string
  readonly linkName: string
  readonly key: string
  readonly reason: string
}

/** Keys that are on their way at a time. */
const parallelKeys = 32

/** So many keys are left for the time that calls are held; more are copied before. */
const fewKeys = 256
const mostRounds = 8

/** More failures than this are no exceptions: the copy is given up, and the swap with it. */
const mostFailures = 100

/**
 * Copies what links keep while they are used. Whatever a call may have changed since it was read is
 * copied again, the last of it while calls are held for that moment: so nothing that passes through
 * this host's links is lost. What others write to the same store at that time may be.
 */
export class LinkCopy implements Disposable {
  readonly #links: readonly CopiedLink[]
  readonly #options: CopyOptions
  /** Several links may share a store: what one of them changed, all have to look at again. */
  #changed = new Set<string>()
  readonly #failed = new Map<string, CopyFailure>()
  #copied = 0
  #total = 0
  #heldAt = 0

  constructor(links: readonly CopiedLink[], options: CopyOptions) {
    this.#links = links
    this.#options = options
  }

  /**
   * Copies everything, then holds calls and copies what has changed. The links are to turn over before
   * this is disposed, which lets the calls go on.
   *
   * @throws HostError `ERR_COPY_FAILED`; the reason of the signal
   */
  async run(): Promise<void> {
    if (this.#options.onProgress) this.#total = await this.#count()
    for (const { link, from } of this.#links) {
      link.watch = (operation, request) => {
        for (const key of from.changedKeys(operation, request)) this.#changed.add(key)
      }
    }
    await this.#settled()
    for (const copied of this.#links) {
      await this.#copyAll(copied, copied.from.keys(this.#options.signal), false)
    }
    for (let round = 0; this.#changed.size > fewKeys && round < mostRounds; round++) {
      await this.#copyChanged()
    }
    this.#heldAt = performance.now()
    for (const { link } of this.#links) link.hold()
    await this.#settled()
    await this.#copyChanged()
  }

  get report(): CopyReport {
    return { keys: this.#copied, failed: [...this.#failed.values()] }
  }

  /** For how long calls have been held, in milliseconds. */
  get heldMs(): number {
    return this.#heldAt === 0 ? 0 : performance.now() - this.#heldAt
  }

  /** Calls go on. */
  [Symbol.dispose](): void {
    for (const { link } of this.#links) {
      link.watch = undefined
      link.release()
    }
  }

  async #count(): Promise<number> {
    let keys = 0
    for (const { from } of this.#links) {
      for await (const _ of from.keys(this.#options.signal)) keys++
    }
    return keys
  }

  /** Waits for what was under way, which nobody watched or held. */
  async #settled(): Promise<void> {
    await Promise.all(this.#links.map(({ link }) => link.serving.settled()))
    this.#options.signal.throwIfAborted()
  }

  async #copyChanged(): Promise<void> {
    const changed = this.#changed
    this.#changed = new Set()
    for (const copied of this.#links) await this.#copyAll(copied, changed, true)
  }

  /** @param again Whether the keys may be there already, and so may have to go. */
  async #copyAll(
    copied: CopiedLink,
    keys: AsyncIterable<string> | Iterable<string>,
    again: boolean,
  ): Promise<void> {
    let batch: Promise<void>[] = []
    for await (const key of keys) {
      batch.push(this.#copy(copied, key, again))
      if (batch.length < parallelKeys) continue
      await this.#finish(batch)
      batch = []
    }
    await this.#finish(batch)
  }

  async #finish(batch: readonly Promise<void>[]): Promise<void> {
    await Promise.all(batch)
    const { signal, onProgress } = this.#options
    signal.throwIfAborted()
    onProgress?.({ copiedKeys: this.#copied, totalKeys: this.#total })
    if (this.#failed.size <= mostFailures) return
    const [first] = this.#failed.values()
    const reason = first?.reason ?? ''
    throw new HostError(
      'ERR_COPY_FAILED',
      { failed: this.#failed.size, reason },
      `more than ${mostFailures} keys could not be copied, the first one because ${reason}`,
    )
  }

  async #copy({ link, from, to }: CopiedLink, key: string, again: boolean): Promise<void> {
    const { signal } = this.#options
    const { actor, linkName } = link.facts
    const id = JSON.stringify([actor, linkName, key])
    try {
      const item = await from.read(key, signal)
      if (item !== undefined || again) await to.write(key, item, signal)
      if (item !== undefined) this.#copied++
      this.#failed.delete(id)
    } catch (error) {
      const { message } = eventReason(error)
      this.#failed.set(id, { actor, linkName, key, reason: message })
    }
  }
}
