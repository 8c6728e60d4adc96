import type { Duplex } from 'node:stream'
import { encodeFrame, FrameReader, noHeaders, type WasmbusFrame } from '../../contracts/index.ts'
import { ProviderError } from './provider-error.ts'

/** What a {@link FrameChannel} is told of. */
export interface FrameChannelOptions {
  /** What its replies are sent to: told apart from those of the other end. */
  readonly inbox: string
  /** A frame that is no answer. What it throws ends the channel. */
  onMessage(frame: WasmbusFrame): void
  /** Called once when nothing more can come or go; with the reason, if the other end broke a rule. */
  onClose(reason: Error | undefined): void
}

/** How long an answer is waited for. */
export interface RequestOptions {
  readonly headers?: Readonly<Record<string, string>>
  /** Milliseconds; none for as long as it takes. */
  readonly timeoutMs?: number | undefined
  /** Once aborted, nobody waits any more. */
  readonly signal?: AbortSignal | undefined
}

/** Why there was no answer: none in time, nobody waits for it any more, or nobody there to give it. */
export type NoAnswer = 'timeout' | 'aborted' | 'closed' | 'backlog'

/** Thrown in the place of an answer. */
export class NoAnswerError extends ProviderError {
  readonly reason: NoAnswer
  /** Whether the question may have reached the other end. */
  readonly sent: boolean

  constructor(reason: NoAnswer, sent: boolean, message: string, options?: ErrorOptions) {
    super('ERR_NO_ANSWER', { reason, sent }, message, options)
    this.reason = reason
    this.sent = sent
  }
}

/** Bytes that may wait to be written. */
const maxBacklogBytes = 64 * 1024 * 1024
/** With more than this waiting, nothing is read until it is gone: who does not read may not ask. */
const pauseAtBytes = 8 * 1024 * 1024
/** For how long frames are handled before everybody else has a turn. */
const turnMs = 4
const maxTimerMs = 2 ** 31 - 1

interface Waiting {
  resolve(frame: WasmbusFrame): void
  reject(error: NoAnswerError): void
}

/**
 * One end of the channel between a host and a provider's process: questions, their answers, and
 * messages. It trusts nothing that comes: frames are bounded, an answer that nobody asked for ends
 * the channel, and a flood is read no faster than the rest of the process can bear.
 */
export class FrameChannel {
  readonly #stream: Duplex
  readonly #options: FrameChannelOptions
  readonly #reader = new FrameReader()
  readonly #waiting = new Map<string, Waiting>()
  /** Questions that nobody waits for any more, whose answers may still come. */
  readonly #abandoned = new Set<string>()
  #asked = 0
  #closed = false
  #readPaused = false

  constructor(stream: Duplex, options: FrameChannelOptions) {
    this.#stream = stream
    this.#options = options
    stream.on('data', (piece: Uint8Array) => {
      this.#handle(() => this.#reader.push(piece))
      this.#read()
    })
    stream.on('drain', () => this.#read())
    // What went wrong with the connection shows in its closing.
    stream.on('error', () => {})
    stream.on('end', () => this.close())
    stream.on('close', () => this.close())
  }

  get closed(): boolean {
    return this.#closed
  }

  /** Bytes that wait to be written. */
  get backlogBytes(): number {
    return this.#stream.writableLength
  }

  /**
   * Sends a message that asks for no answer. Does nothing once the channel is closed.
   *
   * @throws ContractError `ERR_MESSAGE_INVALID` for one that is too long
   */
  send(
    subject: string,
    payload: Uint8Array,
    headers: Readonly<Record<string, string>> = noHeaders,
    reply: string = '',
  ): void {
    if (!this.#closed) this.#stream.write(encodeFrame({ subject, reply, headers, payload }))
  }

  /** Answers a message that asked for it. */
  reply({ reply }: WasmbusFrame, payload: Uint8Array): void {
    if (reply !== '') this.send(reply, payload)
  }

  /**
   * Asks, and waits for the answer's payload.
   *
   * @throws NoAnswerError; ContractError `ERR_MESSAGE_INVALID` for a question that is too long
   */
  async request(
    subject: string,
    payload: Uint8Array,
    { headers, timeoutMs, signal }: RequestOptions = {},
  ): Promise<Uint8Array> {
    if (this.#closed) throw new NoAnswerError('closed', false, 'the channel is closed')
    if (signal?.aborted === true) throw new NoAnswerError('aborted', false, 'nobody waits for it')
    if (this.backlogBytes > maxBacklogBytes)
      throw new NoAnswerError('backlog', false, 'too much waits to be read there')
    const id = `${this.#options.inbox}.${++this.#asked}`
    const { promise, resolve, reject } = Promise.withResolvers<WasmbusFrame>()
    this.#waiting.set(id, { resolve, reject })
    const giveUp = (reason: NoAnswer, message: string): void => {
      if (!this.#waiting.delete(id)) return
      this.#abandoned.add(id)
      reject(new NoAnswerError(reason, true, message))
    }
    const onAbort = (): void => giveUp('aborted', 'nobody waits for it any more')
    const timer =
      timeoutMs === undefined || timeoutMs > maxTimerMs
        ? undefined
        : setTimeout(giveUp, timeoutMs, 'timeout', `no answer after ${Math.round(timeoutMs)} ms`)
    signal?.addEventListener('abort', onAbort, { once: true })
    try {
      this.send(subject, payload, headers, id)
      return (await promise).payload
    } finally {
      this.#waiting.delete(id)
      clearTimeout(timer)
      signal?.removeEventListener('abort', onAbort)
    }
  }

  /** Closes this end. Questions without an answer fail. Twice is fine. */
  close(reason?: Error): void {
    if (this.#closed) return
    this.#closed = true
    this.#stream.destroy()
    const message = reason ? `the channel broke: ${reason.message}` : 'the channel was closed'
    for (const { reject } of this.#waiting.values()) {
      reject(new NoAnswerError('closed', true, message))
    }
    this.#waiting.clear()
    this.#abandoned.clear()
    this.#options.onClose(reason)
  }

  /** Handles what has come, for as long as one turn may take. */
  #read(): void {
    const until = performance.now() + turnMs
    for (let handled = 1; !this.#closed; handled++) {
      if (this.backlogBytes > pauseAtBytes) return this.#pause()
      const frame = this.#handle(() => this.#reader.next())
      if (frame === undefined) break
      this.#handle(() => this.#receive(frame))
      if (handled % 16 === 0 && performance.now() > until) {
        this.#pause()
        setImmediate(() => this.#read())
        return
      }
    }
    if (this.#readPaused && !this.#closed) {
      this.#readPaused = false
      this.#stream.resume()
    }
  }

  #pause(): void {
    this.#readPaused = true
    this.#stream.pause()
  }

  #receive(frame: WasmbusFrame): void {
    const { subject } = frame
    if (!subject.startsWith(`${this.#options.inbox}.`)) return this.#options.onMessage(frame)
    const waiting = this.#waiting.get(subject)
    if (waiting) {
      this.#waiting.delete(subject)
      waiting.resolve(frame)
    } else if (!this.#abandoned.delete(subject)) {
      throw new Error('an answer that nobody asked for')
    }
  }

  /** Whatever is wrong with what came is the other end's doing, and the end of the channel. */
  #handle<T>(step: () => T): T | undefined {
    try {
      return step()
    } catch (error) {
      this.close(error instanceof Error ? error : new Error(String(error)))
      return undefined
    }
  }
}
