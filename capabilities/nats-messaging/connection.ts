import { setImmediate as nextTurn } from 'node:timers/promises'
import type { BrokerMessage } from '../../contracts/index.ts'
import { eventReason, type Logger, type ProviderCall } from '../../host/index.ts'
import {
  clientOptions,
  connectFailure,
  type ConnectionSettings,
  ConnectionLost,
  ConnectionWatch,
  loadNats,
  type NatsClient,
  natsErrorCode,
  type NatsHeaders,
  type NatsLibrary,
  type NatsMessage,
  type NatsStatus,
  serversText,
} from '../../nats/index.ts'
import { CapabilityError } from '../errors.ts'
import { checkSize, noResponders, replyTimeout } from '../messaging/broker-errors.ts'
import type { Broker, TracedMessage } from '../messaging/link.ts'
import { shownSubject } from '../messaging/subject.ts'
import { settingNames } from './config.ts'

/** Bytes that may be on their way to a server that has not said yet that it has them. */
const maxUnconfirmedBytes = 64 * 1024 * 1024

/** Of a message beside its body, roughly. */
const overheadBytes = 256

/** Something sent that the server has not answered yet. */
interface Sent {
  /** Where it went, for what the server refuses by subject. */
  readonly subject: string
  refused: boolean
}

/**
 * One connection to NATS. The library keeps what is sent while the server is away, without bound, and
 * forgets what was under way when it goes: here, nothing is sent while the server is away, and what is
 * sent counts as sent once the server has answered a ping that came after it. So an actor learns of
 * each message that it was taken, that it was not, or that nobody knows; nothing is sent twice.
 *
 * After an outage the library connects again by itself, and subscribes again.
 */
export class Connection implements Broker {
  /** `nats://host:port`, without a login; several separated by commas. */
  readonly server: string
  readonly #nats: NatsLibrary
  readonly #client: NatsClient
  readonly #log: () => Logger
  readonly #sent = new Set<Sent>()
  readonly #watch: ConnectionWatch
  #confirming: Promise<void> | undefined
  #unconfirmedBytes = 0
  #isClosing = false

  private constructor(nats: NatsLibrary, client: NatsClient, server: string, log: () => Logger) {
    this.#nats = nats
    this.#client = client
    this.server = server
    this.#log = log
    this.#watch = new ConnectionWatch(client, {
      onDown: () => {
        if (!this.#isClosing) this.#log().warn('NATS is away', { server })
      },
      onUp: () => this.#log().info('NATS is back', { server }),
      onComplaint: (complaint) => this.#complained(complaint),
      onGone: (error) => this.#gone(error),
    })
  }

  /**
   * @param log For what concerns the connection and not one link.
   * @throws CapabilityError `ERR_SERVER_UNAVAILABLE`, `ERR_SERVER_REFUSED`; Error for a file that
   * cannot be read
   */
  static async open(settings: ConnectionSettings, log: () => Logger): Promise<Connection> {
    const nats = await loadNats()
    const options = await clientOptions(nats, settings, settingNames)
    const server = serversText(settings.servers)
    try {
      return new Connection(nats, await nats.connect(options), server, log)
    } catch (error) {
      throw openError(server, error)
    }
  }

  /** True once it will not come back: the next link needs another. */
  get isClosed(): boolean {
    return this.#client.isClosed()
  }

  async publish({ subject, replyTo, body }: BrokerMessage, call: ProviderCall): Promise<void> {
    this.#checkReady(body)
    const sent = { subject, refused: false }
    const size = body.length + overheadBytes
    const headers = this.#headers(call)
    this.#client.publish(subject, body, {
      ...(replyTo !== '' && { reply: replyTo }),
      ...(headers && { headers }),
    })
    this.#sent.add(sent)
    this.#unconfirmedBytes += size
    const confirmed = this.#confirm().finally(() => {
      this.#sent.delete(sent)
      this.#unconfirmedBytes -= size
    })
    confirmed.catch(() => {})
    await this.#within(confirmed, 'Publish', call)
    if (sent.refused) throw this.#refused(subject)
  }

  async request(
    { subject, body }: Omit<BrokerMessage, 'replyTo'>,
    timeoutMs: number,
    call: ProviderCall,
  ): Promise<BrokerMessage> {
    this.#checkReady(body)
    const headers = this.#headers(call)
    const answer = this.#client.request(subject, body, {
      timeout: Math.max(1, timeoutMs),
      ...(headers && { headers }),
    })
    try {
      const message = await this.#within(answer, 'Request', call)
      return { subject: message.subject, replyTo: message.reply ?? '', body: message.data }
    } catch (error) {
      switch (natsErrorCode(error)) {
        case '503':
          throw noResponders(subject)
        case 'TIMEOUT':
          throw replyTimeout(subject, timeoutMs)
        case 'PERMISSIONS_VIOLATION':
          throw this.#refused(subject)
        default:
          throw error
      }
    }
  }

  async subscribe(
    pattern: string,
    queueGroup: string | undefined,
    receive: (message: TracedMessage) => void,
  ): Promise<() => Promise<void>> {
    this.#checkReady()
    let refused: Error | undefined
    const subscription = this.#client.subscribe(pattern, {
      ...(queueGroup !== undefined && { queue: queueGroup }),
      callback: (error, message) => {
        if (!error) return receive(received(message))
        refused = error
        this.#log().error('the server refused a subscription', {
          server: this.server,
          subscription: shownSubject(pattern),
        })
      },
    })
    try {
      await this.#within(this.#confirm(), 'Subscribe')
      if (refused) {
        throw new CapabilityError(
          'ERR_SERVER_REFUSED',
          { server: this.server, reason: `no right to subscribe to ${pattern}` },
          `${this.server} does not let this user subscribe to ${shownSubject(pattern)}`,
        )
      }
    } catch (error) {
      subscription.unsubscribe()
      throw error
    }
    // Messages that are on their way still come, so that none is lost that counts as delivered.
    return () => this.#watch.drain(subscription)
  }

  /** For good. What is under way fails. */
  async close(): Promise<void> {
    this.#isClosing = true
    await this.#client.close()
  }

  /** @throws CapabilityError `ERR_SERVER_UNAVAILABLE`, `ERR_MESSAGE_TOO_LARGE` */
  #checkReady(body?: Uint8Array): void {
    if (!this.#watch.isUp) throw unavailable(this.server, 'the connection is down')
    if (!body) return
    checkSize(body, this.#client.info?.max_payload ?? Infinity)
    if (this.#unconfirmedBytes + body.length > maxUnconfirmedBytes) {
      throw unavailable(this.server, 'it does not keep up with what is sent')
    }
  }

  /** Resolves once the server has everything that was sent until now. */
  #confirm(): Promise<void> {
    this.#confirming ??= this.#flush()
    return this.#confirming
  }

  async #flush(): Promise<void> {
    // What is sent in the same turn is asked about once.
    await Promise.resolve()
    this.#confirming = undefined
    await this.#client.flush()
    // What the server refused it said before it answered, but that is told a little later.
    await nextTurn()
  }

  /** Waits for the server, as long as the caller does and the connection holds. */
  async #within<T>(
    answer: Promise<T>,
    operation: string,
    call?: Pick<ProviderCall, 'signal'>,
  ): Promise<T> {
    try {
      return await this.#watch.within(answer, call?.signal)
    } catch (error) {
      if (!(error instanceof ConnectionLost)) throw error
      throw new CapabilityError(
        'ERR_OUTCOME_UNKNOWN',
        { server: this.server, operation, reason: error.message },
        `${operation} may have reached ${this.server}, or not: ${error.message}`,
      )
    }
  }

  #headers({ traceparent }: ProviderCall): NatsHeaders | undefined {
    if (traceparent === undefined || this.#client.info?.headers !== true) return undefined
    const headers = this.#nats.headers()
    headers.set('traceparent', traceparent)
    return headers
  }

  #complained({ data, permissionContext }: Pick<NatsStatus, 'data' | 'permissionContext'>): void {
    if (permissionContext?.operation !== 'publish') {
      this.#log().warn('NATS complains', { server: this.server, reason: data })
    }
    for (const sent of this.#sent) {
      if (sent.subject === permissionContext?.subject) sent.refused = true
    }
  }

  #gone(error: Error | undefined): void {
    if (this.#isClosing) return
    this.#log().error('NATS is gone for good', {
      server: this.server,
      reason: error ? eventReason(error) : undefined,
    })
  }

  #refused(subject: string): CapabilityError<'ERR_SERVER_REFUSED'> {
    const reason = `no right to send to ${shownSubject(subject)}`
    return new CapabilityError(
      'ERR_SERVER_REFUSED',
      { server: this.server, reason },
      `${this.server} refused: ${reason}`,
    )
  }
}

function received(message: NatsMessage): TracedMessage {
  const traceparent = message.headers?.get('traceparent')
  return {
    subject: message.subject,
    replyTo: message.reply ?? '',
    // What came may be a small part of a large piece of the stream, and wait for long.
    body: new Uint8Array(message.data),
    traceparent: traceparent === '' ? undefined : traceparent,
  }
}

function openError(server: string, error: unknown): CapabilityError {
  const { isRefusal, reason } = connectFailure(error)
  return isRefusal
    ? new CapabilityError(
        'ERR_SERVER_REFUSED',
        { server, reason },
        `${server} refused the login: ${reason}`,
      )
    : unavailable(server, reason)
}

function unavailable(server: string, reason: string): CapabilityError<'ERR_SERVER_UNAVAILABLE'> {
  return new CapabilityError(
    'ERR_SERVER_UNAVAILABLE',
    { server, reason },
    `NATS at ${server} is not available: ${reason}`,
  )
}
