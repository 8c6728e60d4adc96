import type { ProviderCall } from '../../host/index.ts'
import { unavailable } from './failure.ts'
import { connectTimeoutMs, Session, type SessionOptions } from './session.ts'
import { nameOf } from './target.ts'

/** After that long without a statement a session is closed. */
const idleMs = 30_000

interface Waiter {
  readonly give: (session: Session) => void
  readonly fail: (error: unknown) => void
}

/**
 * Sessions to one database, at most so many, each used for one statement at a time and made as new after
 * it: what a statement leaves in its session, nobody finds.
 */
export class Pool implements AsyncDisposable {
  readonly #options: SessionOptions
  readonly #size: number
  readonly #sessions = new Set<Session>()
  /** Ready for a statement, the one used last at the end. */
  readonly #idle: Session[] = []
  readonly #idleTimers = new Map<Session, NodeJS.Timeout>()
  readonly #waiting: Waiter[] = []
  #opening = 0
  #isClosed = false

  constructor(options: SessionOptions, size: number) {
    this.#options = options
    this.#size = size
  }

  /**
   * Does something with a session that is nobody else's.
   *
   * @throws CapabilityError `ERR_SERVER_UNAVAILABLE`, `ERR_SERVER_REFUSED`: there is no session
   */
  async use<Result>(
    { signal, deadlineAt }: Pick<ProviderCall, 'signal' | 'deadlineAt'>,
    act: (session: Session) => Promise<Result>,
  ): Promise<Result> {
    const session = await this.#take(signal, deadlineAt)
    try {
      return await act(session)
    } finally {
      // The caller has the answer; the session is not ready for the next one yet.
      void session.reset().then((isNew) => (isNew ? this.#put(session) : this.#drop(session)))
    }
  }

  /** Closes every session. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true
    for (const { fail } of this.#waiting.splice(0)) fail(this.#unavailable('it was unlinked'))
    await Promise.all([...this.#sessions].map((session) => session.close()))
  }

  async #take(signal: AbortSignal, deadlineAt: number): Promise<Session> {
    const idle = this.#idle.pop()
    if (idle) {
      clearTimeout(this.#idleTimers.get(idle))
      return idle
    }
    const waiting = Promise.withResolvers<Session>()
    const waiter: Waiter = { give: waiting.resolve, fail: waiting.reject }
    this.#waiting.push(waiter)
    if (this.#sessions.size + this.#opening < this.#size) void this.#open()
    const giveUp = (): void => {
      const index = this.#waiting.indexOf(waiter)
      if (index < 0) return
      this.#waiting.splice(index, 1)
      const why = this.#opening > 0 ? 'it takes too long to connect' : 'all connections are busy'
      waiter.fail(this.#unavailable(`${why} (POOL is ${this.#size})`))
    }
    const leftMs = Math.max(0, deadlineAt - performance.now())
    const timer = leftMs === Infinity ? undefined : setTimeout(giveUp, leftMs)
    signal.addEventListener('abort', giveUp, { once: true })
    if (signal.aborted) giveUp()
    try {
      return await waiting.promise
    } finally {
      clearTimeout(timer)
      signal.removeEventListener('abort', giveUp)
    }
  }

  /**
   * Opens a session for whoever waits longest. If that fails they are told, and so is everybody else
   * unless there is a session left to wait for. Never rejects.
   */
  async #open(): Promise<void> {
    this.#opening++
    try {
      const session = await Session.open(this.#options, (ended) => this.#drop(ended))
      this.#opening--
      this.#sessions.add(session)
      this.#put(session)
    } catch (error) {
      this.#opening--
      const isLast = this.#sessions.size === 0 && this.#opening === 0
      for (const { fail } of this.#waiting.splice(0, isLast ? Infinity : 1)) fail(error)
    }
  }

  #put(session: Session): void {
    if (this.#isClosed || !session.isReusable) return this.#drop(session)
    const waiter = this.#waiting.shift()
    if (waiter) return waiter.give(session)
    this.#idle.push(session)
    this.#idleTimers.set(session, setTimeout(() => this.#drop(session), idleMs).unref())
  }

  #drop(session: Session): void {
    const index = this.#idle.indexOf(session)
    if (index >= 0) this.#idle.splice(index, 1)
    clearTimeout(this.#idleTimers.get(session))
    this.#idleTimers.delete(session)
    if (!this.#sessions.delete(session)) return
    void session.close()
    if (this.#waiting.length > 0 && !this.#isClosed) void this.#open()
  }

  #unavailable(reason: string): Error {
    return unavailable(nameOf(this.#options.target), reason)
  }
}

/** Pools that links share: one for each database, login, and kind of session. */
export class Pools {
  readonly #shared = new Map<string, { readonly pool: Pool; links: number }>()

  /**
   * The pool for sessions of a kind, which must be released once. A connection is made, so that a link to
   * a database that is not there, or lets nobody in, fails.
   *
   * @throws CapabilityError `ERR_SERVER_UNAVAILABLE`, `ERR_SERVER_REFUSED`
   */
  async hold(
    options: SessionOptions,
    size: number,
    signal: AbortSignal,
  ): Promise<AsyncDisposable & { readonly pool: Pool }> {
    const key = JSON.stringify([options, size])
    const shared = this.#shared.get(key) ?? { pool: new Pool(options, size), links: 0 }
    this.#shared.set(key, shared)
    shared.links++
    const release = async (): Promise<void> => {
      if (--shared.links > 0) return
      if (this.#shared.get(key) === shared) this.#shared.delete(key)
      await shared.pool[Symbol.asyncDispose]()
    }
    try {
      const deadlineAt = performance.now() + 2 * connectTimeoutMs
      await shared.pool.use({ signal, deadlineAt }, async () => undefined)
    } catch (error) {
      await release()
      throw error
    }
    return { pool: shared.pool, [Symbol.asyncDispose]: release }
  }
}
