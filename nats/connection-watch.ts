import { isConnectionLoss } from './connect-failure.ts'
import type { NatsClient, NatsStatus, NatsSubscription } from './client-library.ts'

/** Hears what becomes of a connection. */
export interface ConnectionListener {
  /** It broke; the client tries to make it again. */
  onDown(): void
  onUp(): void
  /** The server complains, for instance of a subject that this client has no right to. */
  onComplaint(complaint: Pick<NatsStatus, 'data' | 'permissionContext'>): void
  /** It is closed for good, with the reason if nobody asked for it. */
  onGone(error: Error | undefined): void
}

/** How long a subscription that ends may wait for what is on its way to it, in milliseconds. */
const drainTimeoutMs = 2000

/** Follows a connection: whether it is up, and who waits for an answer when it goes. */
export class ConnectionWatch {
  readonly #listener: ConnectionListener
  /** What to call when it breaks. A promise that all wait for would keep something of each of them. */
  readonly #waiting = new Set<() => void>()
  #isUp = true

  constructor(client: Pick<NatsClient, 'status' | 'closed'>, listener: ConnectionListener) {
    this.#listener = listener
    void this.#follow(client)
    void this.#end(client)
  }

  get isUp(): boolean {
    return this.#isUp
  }

  /**
   * Waits for an answer of the server, as long as the caller does and the connection holds.
   *
   * @throws ConnectionLost; the signal's reason; what `answer` rejects with
   */
  async within<T>(answer: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
    const outcome = Promise.withResolvers<T>()
    const onLoss = (): void => outcome.reject(new ConnectionLost('the connection broke'))
    const onAbort = (): void => outcome.reject(signal?.reason as Error)
    this.#waiting.add(onLoss)
    signal?.addEventListener('abort', onAbort, { once: true })
    answer.then(outcome.resolve, outcome.reject)
    if (!this.#isUp) onLoss()
    if (signal?.aborted) onAbort()
    try {
      return await outcome.promise
    } catch (error) {
      throw isConnectionLoss(error)
        ? new ConnectionLost('the connection broke', { cause: error })
        : error
    } finally {
      this.#waiting.delete(onLoss)
      signal?.removeEventListener('abort', onAbort)
    }
  }

  /** Ends a subscription once what is on its way to it has come; at once while there is no connection. */
  async drain(subscription: NatsSubscription): Promise<void> {
    if (subscription.isClosed()) return
    if (this.#isUp) {
      const signal = AbortSignal.timeout(drainTimeoutMs)
      await this.within(subscription.drain(), signal).catch(() => {})
    }
    if (!subscription.isClosed()) subscription.unsubscribe()
  }

  async #follow(client: Pick<NatsClient, 'status'>): Promise<void> {
    for await (const { type, data, permissionContext } of client.status()) {
      if (type === 'disconnect') {
        this.#down()
        this.#listener.onDown()
      } else if (type === 'reconnect') {
        this.#isUp = true
        this.#listener.onUp()
      } else if (type === 'error') {
        this.#listener.onComplaint({ data, ...(permissionContext && { permissionContext }) })
      }
    }
  }

  async #end(client: Pick<NatsClient, 'closed'>): Promise<void> {
    const error = await client.closed()
    this.#down()
    this.#listener.onGone(error)
  }

  #down(): void {
    this.#isUp = false
    for (const onLoss of this.#waiting) onLoss()
  }
}

/** The connection went while the answer was on its way. */
export class ConnectionLost extends Error {
  override readonly name: string = 'ConnectionLost'
}
