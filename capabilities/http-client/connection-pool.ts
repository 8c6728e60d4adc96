/** The connections of one link: reused between requests, and never more than it may have. */
import type { Client } from 'undici'
import { CapabilityError } from '../errors.ts'

/** A connection to one origin, opened with the first request. It carries one at a time. */
export interface Connection {
  readonly origin: string
  readonly client: Client
}

/** Makes a connection. What it is still opening ends with the signal. */
export type MakeClient = (origin: string, signal: AbortSignal) => Client

class PooledConnection implements Connection {
  readonly origin: string
  readonly client: Client
  readonly #abort = new AbortController()

  constructor(origin: string, make: MakeClient) {
    this.origin = origin
    this.client = make(origin, this.#abort.signal)
  }

  async close(reason: Error): Promise<void> {
    this.#abort.abort(reason)
    await this.client.destroy(reason)
  }
}

interface Waiter {
  readonly origin: string
  take(connection: PooledConnection): void
  fail(reason: Error): void
}

/**
 * Hands out connections. Those that idle count too: one more request elsewhere closes the one that
 * has been idle for longest. What does not fit waits, first come, first served.
 */
export class ConnectionPool implements AsyncDisposable {
  readonly #most: number
  readonly #make: MakeClient
  /** Longest idle first. */
  readonly #idle = new Set<PooledConnection>()
  readonly #busy = new Set<PooledConnection>()
  readonly #closing = new Set<Promise<void>>()
  readonly #waiting: Waiter[] = []
  #isClosed = false

  constructor(most: number, make: MakeClient) {
    this.#most = most
    this.#make = make
  }

  /** How many there are at the moment, idle ones included. */
  get size(): number {
    return this.#idle.size + this.#busy.size
  }

  /**
   * A connection to `origin`, for the caller alone, who gives it back with {@link release} or
   * {@link discard}.
   *
   * @throws CapabilityError `ERR_SERVER_UNAVAILABLE` once the link has ended; the reason of the signal
   */
  async acquire(origin: string, signal: AbortSignal): Promise<Connection> {
    signal.throwIfAborted()
    if (this.#isClosed) throw linkEnded(origin)
    const free = this.#waiting.length === 0 ? this.#take(origin) : undefined
    if (free) return free
    const { promise, resolve, reject } = Promise.withResolvers<PooledConnection>()
    const waiter: Waiter = { origin, take: resolve, fail: reject }
    const leave = (): void => {
      const at = this.#waiting.indexOf(waiter)
      if (at !== -1) this.#waiting.splice(at, 1)
      reject(signal.reason)
    }
    this.#waiting.push(waiter)
    signal.addEventListener('abort', leave)
    return promise.finally(() => signal.removeEventListener('abort', leave))
  }

  /** Takes back a connection whose last answer is whole. */
  release(connection: Connection): void {
    const pooled = this.#leave(connection)
    if (!pooled) return
    if (pooled.client.destroyed) return this.#next()
    this.#idle.add(pooled)
    // Closed by the server, or idle for too long.
    pooled.client.once('disconnect', () => {
      if (this.#idle.delete(pooled)) this.#close(pooled, new Error('closed while idle'))
    })
    this.#next()
  }

  /** Closes a connection, with whatever is under way on it. */
  discard(connection: Connection, reason: Error): void {
    const pooled = this.#leave(connection)
    if (!pooled) return
    this.#close(pooled, reason)
    this.#next()
  }

  /** Closes all of them, with whatever is under way, and waits until their sockets are closed. */
  async [Symbol.asyncDispose](): Promise<void> {
    const reason = new Error('the link was ended')
    this.#isClosed = true
    for (const { origin, fail } of this.#waiting.splice(0)) fail(linkEnded(origin))
    for (const connection of [...this.#idle, ...this.#busy]) this.#close(connection, reason)
    this.#idle.clear()
    this.#busy.clear()
    await Promise.all(this.#closing)
  }

  #take(origin: string): PooledConnection | undefined {
    const known = [...this.#idle].findLast((connection) => connection.origin === origin)
    if (known) {
      this.#idle.delete(known)
      known.client.removeAllListeners('disconnect')
      this.#busy.add(known)
      return known
    }
    if (this.size >= this.#most) {
      const [longest] = this.#idle
      if (!longest) return undefined
      this.#idle.delete(longest)
      this.#close(longest, new Error('another connection takes its place'))
    }
    const made = new PooledConnection(origin, this.#make)
    this.#busy.add(made)
    return made
  }

  #leave(connection: Connection): PooledConnection | undefined {
    const pooled = connection as PooledConnection
    return this.#busy.delete(pooled) ? pooled : undefined
  }

  #next(): void {
    for (let waiter = this.#waiting[0]; waiter !== undefined; waiter = this.#waiting[0]) {
      const connection = this.#take(waiter.origin)
      if (!connection) return
      this.#waiting.shift()
      waiter.take(connection)
    }
  }

  #close(connection: PooledConnection, reason: Error): void {
    const closing = connection.close(reason).finally(() => this.#closing.delete(closing))
    this.#closing.add(closing)
  }
}

function linkEnded(server: string): CapabilityError<'ERR_SERVER_UNAVAILABLE'> {
  const reason = 'the link was ended'
  return new CapabilityError(
    'ERR_SERVER_UNAVAILABLE',
    { server, reason },
    `${server} was not asked: ${reason}`,
  )
}
