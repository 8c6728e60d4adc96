import { performance } from 'node:perf_hooks'
import {
  type Invocation,
  invocation,
  invocationResponse,
  type WasmbusEntity,
} from '../contracts/index.ts'
import { eventReason, type Logger } from '../host/index.ts'
import type { Antiforgery } from './antiforgery.ts'
import {
  type Headers,
  type LatticeConnection,
  payloadError,
  type ReceivedMessage,
  remoteTimeout,
} from './connection.ts'
import { LatticeError } from './errors.ts'
import {
  depthOf,
  failureOnWire,
  headerNames,
  isTooLarge,
  maxPayloadBytes,
  sizeApart,
  timeoutOf,
} from './invocation-message.ts'
import type { PayloadStore } from './payload-store.ts'
import type { Subjects } from './subjects.ts'

/** A call that another host made, verified. */
export interface IncomingCall {
  readonly invocation: Invocation
  /** When the caller stops waiting, on the clock of `performance.now()`. */
  readonly deadlineAt: number
  /** Aborted when the caller stops waiting. */
  readonly signal: AbortSignal
  readonly depth: number
  readonly traceparent: string | undefined
  /** The claims of the calling actor, as the calling host sent them; not verified. Empty if it sent none. */
  readonly actorToken: string
}

/** One that can be called by other hosts. */
export interface Served {
  /** Where; also its queue group, in which every host that serves it is. */
  readonly subject: string
  /** What errors call it. */
  readonly name: string
  /** Whether an invocation that came there is meant for it. */
  isTarget(target: WasmbusEntity): boolean
  answer(call: IncomingCall): Promise<Uint8Array>
}

/** What a {@link InvocationServer} stands on. */
export interface InvocationServerOptions {
  readonly connection: LatticeConnection
  readonly subjects: Subjects
  readonly antiforgery: Antiforgery
  readonly payloads: PayloadStore
  readonly log: Logger
  /** Calls of one target that may be under way. Default 1024. */
  readonly maxCalls?: number
  /** Bytes that the calls under way may have brought, over all targets. Default 256 MiB. */
  readonly maxBytes?: number
}

/** Answers what other hosts call: verifies, bounds, has it answered within the caller's deadline. */
export class InvocationServer implements AsyncDisposable {
  readonly #options: InvocationServerOptions
  readonly #maxCalls: number
  readonly #maxBytes: number
  readonly #underWay = new Map<string, AbortController>()
  #bytes = 0
  #stopListening: (() => Promise<void>) | undefined

  private constructor(options: InvocationServerOptions) {
    this.#options = options
    this.#maxCalls = options.maxCalls ?? 1024
    this.#maxBytes = options.maxBytes ?? 256 * 1024 * 1024
  }

  /** @throws LatticeError `ERR_LATTICE_UNAVAILABLE`, `ERR_LATTICE_REFUSED` */
  static async start(options: InvocationServerOptions): Promise<InvocationServer> {
    const server = new InvocationServer(options)
    const { connection, subjects } = options
    server.#stopListening = await connection.listen(subjects.cancellations, undefined, (told) => {
      const id = Buffer.from(told.body.subarray(0, 64)).toString()
      server.#underWay.get(id)?.abort(new Error('the caller waits no more'))
    })
    return server
  }

  /**
   * Serves from now on.
   *
   * @returns a function that stops it: no more come, and it resolves once those under way are
   * answered, or 30 seconds have passed
   * @throws LatticeError `ERR_LATTICE_UNAVAILABLE`, `ERR_LATTICE_REFUSED`
   */
  async serve(served: Served): Promise<() => Promise<void>> {
    const calls = new Set<Promise<void>>()
    const receive = (message: ReceivedMessage): void => {
      const call = this.#handle(served, message, calls.size).finally(() => calls.delete(call))
      calls.add(call)
    }
    const stop = await this.#options.connection.listen(served.subject, served.subject, receive)
    return async () => {
      await stop()
      const enough = Promise.withResolvers<void>()
      const timer = setTimeout(enough.resolve, drainTimeoutMs)
      await Promise.race([Promise.all(calls), enough.promise])
      clearTimeout(timer)
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stopListening?.()
    for (const call of this.#underWay.values()) call.abort(new Error('the host leaves the lattice'))
  }

  /** Never rejects. */
  async #handle(served: Served, message: ReceivedMessage, callsUnderWay: number): Promise<void> {
    let id = ''
    try {
      const asked = invocation.decode(message.body)
      id = asked.id
      if (callsUnderWay >= this.#maxCalls) throw busy(served.name, 'calls', this.#maxCalls)
      const size = sizeApart(asked) ?? asked.msg.length
      if (size > maxPayloadBytes) throw payloadError(size, maxPayloadBytes)
      if (this.#bytes + size > this.#maxBytes) throw busy(served.name, 'bytes', this.#maxBytes)
      this.#bytes += size
      try {
        await this.#reply(message, id, await this.#answer(served, asked, message))
      } finally {
        this.#bytes -= size
      }
    } catch (error) {
      this.#fail(message, id, error)
    }
  }

  async #answer(
    served: Served,
    asked: Invocation,
    message: ReceivedMessage,
  ): Promise<{ bytes: Uint8Array; signal: AbortSignal }> {
    const { antiforgery, payloads } = this.#options
    const timeoutMs = timeoutOf(message.header(headerNames.timeoutMs))
    const deadlineAt = performance.now() + timeoutMs
    if (!served.isTarget(asked.target)) {
      const reason = 'it was sent elsewhere'
      throw new LatticeError('ERR_INVOCATION_REFUSED', { check: 'target', reason }, reason)
    }
    const abort = new AbortController()
    const { signal } = abort
    const ended = Promise.withResolvers<never>()
    signal.addEventListener('abort', () => ended.reject(signal.reason as Error), { once: true })
    ended.promise.catch(() => {})
    const timer = setTimeout(() => {
      abort.abort(remoteTimeout(served.name, asked.operation, timeoutMs))
    }, timeoutMs)
    try {
      const apart = sizeApart(asked)
      const msg = apart === undefined ? asked.msg : await payloads.take(asked.id, apart, signal)
      const whole = { ...asked, msg }
      await antiforgery.verify(whole, asked.encodedClaims)
      // From here on it is the only one of its id.
      this.#underWay.set(asked.id, abort)
      const answer = served.answer({
        invocation: whole,
        deadlineAt,
        signal,
        depth: depthOf(message.header(headerNames.depth)),
        traceparent: asked.traceContext?.['traceparent'],
        actorToken: message.header(headerNames.actorToken),
      })
      answer.catch(() => {})
      return { bytes: await Promise.race([answer, ended.promise]), signal }
    } finally {
      clearTimeout(timer)
      if (this.#underWay.get(asked.id) === abort) this.#underWay.delete(asked.id)
    }
  }

  async #reply(
    { reply }: ReceivedMessage,
    invocationId: string,
    { bytes, signal }: { bytes: Uint8Array; signal: AbortSignal },
  ): Promise<void> {
    if (reply === '') return
    const { connection, payloads } = this.#options
    if (bytes.length > maxPayloadBytes) throw payloadError(bytes.length, maxPayloadBytes)
    const response = { msg: bytes, invocationId, error: null, contentLength: bytes.length }
    let body = invocationResponse.encode(response)
    if (isTooLarge(body, {}, connection.maxPayload)) {
      const limit = AbortSignal.timeout(storeTimeoutMs)
      await payloads.put(`${invocationId}-r`, bytes, AbortSignal.any([signal, limit]))
      body = invocationResponse.encode({ ...response, msg: new Uint8Array(0) })
    }
    connection.tell(reply, body)
  }

  #fail({ reply }: ReceivedMessage, invocationId: string, error: unknown): void {
    const { connection, log } = this.#options
    if (error instanceof LatticeError && error.code === 'ERR_INVOCATION_REFUSED') {
      log.warn('invocation refused', { reason: eventReason(error) })
    }
    if (reply === '') return
    const { text, code } = failureOnWire(error)
    const headers: Headers = { [headerNames.errorCode]: code }
    const response = { msg: new Uint8Array(0), invocationId, error: text, contentLength: null }
    connection.tell(reply, invocationResponse.encode(response), headers)
  }
}

/** How long those who stop wait for the calls under way, in milliseconds. */
const drainTimeoutMs = 30_000

/** How long the server may take to keep an answer, in milliseconds. */
const storeTimeoutMs = 15_000

function busy(
  target: string,
  limit: 'calls' | 'bytes',
  allowed: number,
): LatticeError<'ERR_REMOTE_BUSY'> {
  const message = `${target} is busy: at most ${allowed} ${limit} of calls may be under way`
  return new LatticeError('ERR_REMOTE_BUSY', { target, limit, allowed }, message)
}
