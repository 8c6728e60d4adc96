import { setImmediate as nextTurn } from 'node:timers/promises'
import { type Logger, eventReason } from '../host/index.ts'
import {
  clientOptions,
  connectFailure,
  ConnectionLost,
  type ConnectionSettings,
  connectionSettings,
  ConnectionWatch,
  type JetStream,
  loadNats,
  type NatsAccess,
  type NatsClient,
  natsErrorCode,
  type NatsLibrary,
  type NatsMessage,
  serversText,
} from '../nats/index.ts'
import { LatticeError } from './errors.ts'

/** A message of the lattice, as it came. */
export interface ReceivedMessage {
  /** Empty if no answer is wanted. */
  readonly reply: string
  /** The receiver's own: nobody writes to it again. */
  readonly body: Uint8Array
  /** @returns an empty text if there is none. */
  header(name: string): string
}

/** What goes with a message. */
export type Headers = Readonly<Record<string, string>>

/** Asks for an answer. */
export interface Question {
  readonly subject: string
  readonly body: Uint8Array
  readonly headers?: Headers
  readonly timeoutMs: number
  readonly signal?: AbortSignal | undefined
  /** What errors call the one who is asked, and what for. */
  readonly target: string
  readonly operation: string
}

/** How long the server may take to confirm what is no call, in milliseconds. */
const confirmTimeoutMs = 5000

/** Versions from this one on have headers, and say at once that nobody listens. */
const oldestVersion = [2, 2] as const

/**
 * One host's connection to the NATS server of its lattice. It is made again by itself when it breaks,
 * with its subscriptions; while it is down, whatever is asked of it fails at once.
 */
export class LatticeConnection implements AsyncDisposable {
  /** `nats://host:port`, without a login; several separated by commas. */
  readonly server: string
  readonly #nats: NatsLibrary
  readonly #client: NatsClient
  readonly #log: Logger
  readonly #watch: ConnectionWatch
  readonly #listeners = new Set<(isUp: boolean) => void>()
  #isClosing = false

  private constructor(nats: NatsLibrary, client: NatsClient, server: string, log: Logger) {
    this.#nats = nats
    this.#client = client
    this.#log = log
    this.server = server
    this.#watch = new ConnectionWatch(client, {
      onDown: () => this.#changed(false),
      onUp: () => this.#changed(true),
      onComplaint: ({ data }) => this.#log.warn('NATS complains', { server, reason: data }),
      onGone: (error) => {
        if (this.#isClosing) return
        const reason = error ? eventReason(error) : undefined
        this.#log.error('the lattice is gone for good', { server, reason })
      },
    })
  }

  /**
   * Connects, and sees that the server has what a lattice needs: headers, immediate word that nobody
   * listens, and JetStream.
   *
   * @throws LatticeError `ERR_LATTICE_SETTINGS`, `ERR_LATTICE_UNAVAILABLE`, `ERR_LATTICE_REFUSED`,
   * `ERR_LATTICE_SERVER`
   */
  static async open(access: NatsAccess, log: Logger): Promise<LatticeConnection> {
    const nats = await loadNats()
    const [settings, options] = await understood(nats, access)
    const server = serversText(settings.servers)
    let client: NatsClient
    try {
      client = await nats.connect(options)
    } catch (error) {
      throw joinError(server, error)
    }
    try {
      await requireFeatures(client, server)
    } catch (error) {
      await client.close()
      throw error
    }
    return new LatticeConnection(nats, client, server, log)
  }

  get isUp(): boolean {
    return this.#watch.isUp
  }

  /** @throws LatticeError `ERR_LATTICE_UNAVAILABLE` */
  requireUp(): void {
    if (!this.isUp) throw unavailable(this.server, 'the connection is down')
  }

  /** Bytes of the largest message that the server takes, headers included. */
  get maxPayload(): number {
    return this.#client.info?.max_payload ?? 0
  }

  get jetStream(): JetStream {
    return this.#client.jetstream({ timeout: confirmTimeoutMs })
  }

  /** Hears when the connection goes and comes. @returns a function that stops it. */
  onChange(listener: (isUp: boolean) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /**
   * @throws LatticeError `ERR_LATTICE_UNAVAILABLE`, `ERR_NO_HOST`, `ERR_REMOTE_TIMEOUT`,
   * `ERR_REMOTE_UNKNOWN`, `ERR_REMOTE_PAYLOAD`, `ERR_LATTICE_REFUSED`; the signal's reason
   */
  async ask(question: Question): Promise<ReceivedMessage> {
    const { subject, body, timeoutMs, signal, target, operation } = question
    this.requireUp()
    signal?.throwIfAborted()
    const headers = this.#headers(question.headers)
    let answer: Promise<NatsMessage>
    try {
      answer = this.#client.request(subject, body, { timeout: Math.max(1, timeoutMs), headers })
      return received(await this.#watch.within(answer, signal))
    } catch (error) {
      if (error instanceof ConnectionLost) {
        throw new LatticeError(
          'ERR_REMOTE_UNKNOWN',
          { server: this.server, target, operation },
          `${operation} of ${target} may have been executed, or not: the connection to the lattice broke`,
        )
      }
      switch (natsErrorCode(error)) {
        case '503':
          throw new LatticeError(
            'ERR_NO_HOST',
            { target, operation },
            `no host of the lattice runs ${target}`,
          )
        case 'TIMEOUT':
          throw remoteTimeout(target, operation, timeoutMs)
        case 'MAX_PAYLOAD_EXCEEDED':
          throw payloadError(body.length, this.maxPayload)
        case 'PERMISSIONS_VIOLATION':
          throw this.#denied(`send to ${subject}`)
        default:
          throw error
      }
    }
  }

  /**
   * Sends, and does not wait to hear that it arrived. Nothing happens while the connection is down.
   *
   * @param reply Where answers go, from whoever has any.
   * @throws LatticeError `ERR_REMOTE_PAYLOAD`
   */
  tell(subject: string, body: Uint8Array, headers?: Headers, reply?: string): void {
    if (!this.isUp) return
    try {
      this.#client.publish(subject, body, {
        headers: this.#headers(headers),
        ...(reply !== undefined && { reply }),
      })
    } catch (error) {
      if (natsErrorCode(error) === 'MAX_PAYLOAD_EXCEEDED') {
        throw payloadError(body.length, this.maxPayload)
      }
      if (this.isUp && !this.#isClosing && !this.#client.isClosed()) throw error
    }
  }

  /**
   * Listens from now on, through outages. Resolves once the server knows.
   *
   * @param queueGroup Of those in it, one receives each message.
   * @returns a function that stops it once what is on its way has come
   * @throws LatticeError `ERR_LATTICE_UNAVAILABLE`, `ERR_LATTICE_REFUSED`
   */
  async listen(
    subject: string,
    queueGroup: string | undefined,
    receive: (message: ReceivedMessage) => void,
  ): Promise<() => Promise<void>> {
    this.requireUp()
    let refused = false
    const subscription = this.#client.subscribe(subject, {
      ...(queueGroup !== undefined && { queue: queueGroup }),
      callback: (error, message) => {
        if (!error) return receive(received(message))
        refused = true
        this.#log.error('NATS refused a subscription', { server: this.server, subject })
      },
    })
    try {
      await this.#watch.within(this.#confirmed(), AbortSignal.timeout(confirmTimeoutMs))
      if (refused) throw this.#denied(`listen to ${subject}`)
    } catch (error) {
      subscription.unsubscribe()
      throw error instanceof LatticeError ? error : this.#unavailable('it does not answer')
    }
    return () => this.#watch.drain(subscription)
  }

  /**
   * Waits for something that the server does, as long as the connection holds.
   *
   * @throws LatticeError `ERR_LATTICE_UNAVAILABLE`; the signal's reason
   */
  async during<T>(run: () => Promise<T>, signal: AbortSignal): Promise<T> {
    this.requireUp()
    try {
      return await this.#watch.within(run(), signal)
    } catch (error) {
      throw error instanceof ConnectionLost ? this.#unavailable('the connection broke') : error
    }
  }

  /** For good: what is under way fails. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosing = true
    this.#listeners.clear()
    await this.#client.close()
  }

  async #confirmed(): Promise<void> {
    await this.#client.flush()
    // What the server refused it said before it answered, but that is told a little later.
    await nextTurn()
  }

  #changed(isUp: boolean): void {
    if (this.#isClosing) return
    if (isUp) this.#log.info('the lattice is back', { server: this.server })
    else this.#log.warn('the lattice is away', { server: this.server })
    for (const listener of this.#listeners) listener(isUp)
  }

  #headers(given: Headers = {}): ReturnType<NatsLibrary['headers']> {
    const headers = this.#nats.headers()
    for (const [name, value] of Object.entries(given)) headers.set(name, value)
    return headers
  }

  #unavailable(reason: string): LatticeError<'ERR_LATTICE_UNAVAILABLE'> {
    return unavailable(this.server, reason)
  }

  #denied(what: string): LatticeError<'ERR_LATTICE_REFUSED'> {
    const { server } = this
    const reason = `no right to ${what}`
    return new LatticeError('ERR_LATTICE_REFUSED', { server, reason }, `${server}: ${reason}`)
  }
}

function received({ reply, data, headers }: NatsMessage): ReceivedMessage {
  return {
    reply: reply ?? '',
    // What came may be a small part of a large piece of the stream, and wait for long.
    body: new Uint8Array(data),
    header: (name) => headers?.get(name) ?? '',
  }
}

async function understood(
  nats: NatsLibrary,
  access: NatsAccess,
): Promise<[ConnectionSettings, Awaited<ReturnType<typeof clientOptions>>]> {
  try {
    const settings = connectionSettings(access)
    return [settings, await clientOptions(nats, settings)]
  } catch (cause) {
    const reason = eventReason(cause).message
    const message = `the NATS server of the lattice: ${reason}`
    throw new LatticeError('ERR_LATTICE_SETTINGS', { reason }, message, { cause })
  }
}

async function requireFeatures(client: NatsClient, server: string): Promise<void> {
  const version = client.info?.version ?? 'unknown'
  const lacking = (lacks: string): LatticeError =>
    new LatticeError(
      'ERR_LATTICE_SERVER',
      { server, version, lacks },
      `${server} runs nats-server ${version}, which lacks ${lacks}`,
    )
  const [major = 0, minor = 0] = version.split('.').map(Number)
  if (major < oldestVersion[0] || (major === oldestVersion[0] && minor < oldestVersion[1]))
    throw lacking(`what came with ${oldestVersion.join('.')}`)
  if (client.info?.headers !== true) throw lacking('headers')
  try {
    await client.jetstreamManager({ timeout: confirmTimeoutMs })
  } catch (error) {
    throw lacking(
      natsErrorCode(error) === '503' ? 'JetStream' : `JetStream (${eventReason(error).message})`,
    )
  }
}

function joinError(server: string, error: unknown): LatticeError {
  const { isRefusal, reason } = connectFailure(error)
  if (!isRefusal) return unavailable(server, reason)
  const message = `${server} refused the login: ${reason}`
  return new LatticeError('ERR_LATTICE_REFUSED', { server, reason }, message)
}

function unavailable(server: string, reason: string): LatticeError<'ERR_LATTICE_UNAVAILABLE'> {
  const message = `the lattice at ${server} is not available: ${reason}`
  return new LatticeError('ERR_LATTICE_UNAVAILABLE', { server, reason }, message)
}

/** Nobody answered a call while its caller waited. */
export function remoteTimeout(
  target: string,
  operation: string,
  timeoutMs: number,
): LatticeError<'ERR_REMOTE_TIMEOUT'> {
  const waited = Math.max(0, Math.round(timeoutMs))
  return new LatticeError(
    'ERR_REMOTE_TIMEOUT',
    { target, operation, timeoutMs: waited },
    `${target} did not answer ${operation} within ${waited} ms`,
  )
}

/** A message is larger than may travel. */
export function payloadError(
  sizeBytes: number,
  maxBytes: number,
): LatticeError<'ERR_REMOTE_PAYLOAD'> {
  return new LatticeError(
    'ERR_REMOTE_PAYLOAD',
    { sizeBytes, maxBytes },
    `a message of ${sizeBytes} bytes is larger than may travel (${maxBytes})`,
  )
}
