import { randomUUID } from 'node:crypto'
import { performance } from 'node:perf_hooks'
import {
  ContractError,
  type Invocation,
  invocation,
  type InvocationResponse,
  invocationResponse,
  type WasmbusEntity,
} from '../contracts/index.ts'
import type { Antiforgery } from './antiforgery.ts'
import { type LatticeConnection, payloadError, remoteTimeout } from './connection.ts'
import { LatticeError } from './errors.ts'
import {
  entityName,
  failureFromWire,
  headerNames,
  isTooLarge,
  maxPayloadBytes,
  sizeApart,
} from './invocation-message.ts'
import type { PayloadStore } from './payload-store.ts'
import type { Subjects } from './subjects.ts'

/** A call of an actor or provider on another host. */
export interface OutgoingCall {
  readonly subject: string
  readonly origin: WasmbusEntity
  readonly target: WasmbusEntity
  readonly operation: string
  readonly msg: Uint8Array
  /** When the caller stops waiting, on the clock of `performance.now()`. */
  readonly deadlineAt: number
  readonly signal: AbortSignal | undefined
  /** How many actors called each other to get here. */
  readonly depth: number
  readonly traceparent: string | undefined
  /** The claims of the calling actor, as its issuer signed them; none if no actor calls. */
  readonly actorToken: string | undefined
}

/** What a {@link InvocationCaller} stands on. */
export interface InvocationCallerOptions {
  readonly connection: LatticeConnection
  readonly subjects: Subjects
  readonly antiforgery: Antiforgery
  readonly payloads: PayloadStore
  /** `N…` */
  readonly hostId: string
}

/** Calls what runs on other hosts: signs, sends, waits, reads the answer. */
export class InvocationCaller {
  readonly #options: InvocationCallerOptions

  constructor(options: InvocationCallerOptions) {
    this.#options = options
  }

  /**
   * @throws LatticeError `ERR_LATTICE_UNAVAILABLE`, `ERR_LATTICE_REFUSED`, `ERR_NO_HOST` (at once),
   * `ERR_REMOTE_TIMEOUT`, `ERR_REMOTE_UNKNOWN`, `ERR_REMOTE_PAYLOAD`, `ERR_REMOTE_MESSAGE`,
   * `ERR_REMOTE_FAILED`; RemoteFailure with the code of the other host; the signal's reason
   */
  async call(call: OutgoingCall): Promise<Uint8Array> {
    const { antiforgery, hostId, connection } = this.#options
    const { origin, target, operation, msg, traceparent } = call
    const startedAt = performance.now()
    if (msg.length > maxPayloadBytes) throw payloadError(msg.length, maxPayloadBytes)
    connection.requireUp()
    const facts = { id: randomUUID(), origin, target, operation, msg }
    const asked: Invocation = {
      ...facts,
      encodedClaims: await antiforgery.sign(facts),
      hostId,
      contentLength: msg.length,
      traceContext: traceparent === undefined ? null : { traceparent },
    }
    const timeoutMs = call.deadlineAt - performance.now()
    if (timeoutMs <= 0)
      throw remoteTimeout(entityName(target), operation, call.deadlineAt - startedAt)
    const deadline = new AbortController()
    const timer = setTimeout(() => {
      deadline.abort(remoteTimeout(entityName(target), operation, timeoutMs))
    }, timeoutMs)
    const signal = call.signal ? AbortSignal.any([call.signal, deadline.signal]) : deadline.signal
    try {
      return await this.#exchange(call, asked, signal)
    } finally {
      clearTimeout(timer)
    }
  }

  async #exchange(call: OutgoingCall, asked: Invocation, signal: AbortSignal): Promise<Uint8Array> {
    const { connection, subjects, payloads } = this.#options
    const { subject, operation } = call
    const target = entityName(call.target)
    const timeoutMs = Math.max(1, Math.ceil(call.deadlineAt - performance.now()))
    const headers = {
      [headerNames.timeoutMs]: String(timeoutMs),
      [headerNames.depth]: String(call.depth),
      ...(call.actorToken !== undefined && { [headerNames.actorToken]: call.actorToken }),
    }
    let body = invocation.encode(asked)
    const isApart = isTooLarge(body, headers, connection.maxPayload) && asked.msg.length > 0
    if (isApart) {
      await payloads.put(asked.id, asked.msg, signal)
      body = invocation.encode({ ...asked, msg: new Uint8Array(0) })
    }
    try {
      const question = { subject, body, headers, timeoutMs, signal, target, operation }
      const answer = await connection.ask(question)
      const response = readResponse(answer.body, asked.id, target)
      if (response.error === null) return await this.#payloadOf(response, asked.id, signal)
      throw failureFromWire(response.error, answer.header(headerNames.errorCode), target, operation)
    } catch (error) {
      if (isApart) payloads.discard(asked.id)
      // Whoever answers it should not go on for nobody. One that ends by its deadline knows it itself.
      if (call.signal?.aborted) connection.tell(subjects.cancellations, Buffer.from(asked.id))
      throw error
    }
  }

  #payloadOf(
    response: InvocationResponse,
    id: string,
    signal: AbortSignal,
  ): Uint8Array | Promise<Uint8Array> {
    const size = sizeApart(response)
    if (size === undefined) return response.msg
    if (size > maxPayloadBytes) throw payloadError(size, maxPayloadBytes)
    return this.#options.payloads.take(`${id}-r`, size, signal)
  }
}

function readResponse(body: Uint8Array, id: string, target: string): InvocationResponse {
  let response: InvocationResponse
  try {
    response = invocationResponse.decode(body)
  } catch (cause) {
    if (!(cause instanceof ContractError)) throw cause
    throw new LatticeError(
      'ERR_REMOTE_MESSAGE',
      { target, reason: cause.message },
      `what ${target} answered cannot be read: ${cause.message}`,
      { cause },
    )
  }
  // One that could not read what it was asked does not know the id either.
  if (response.invocationId === id || (response.invocationId === '' && response.error !== null))
    return response
  const reason = 'it answers another call'
  throw new LatticeError('ERR_REMOTE_MESSAGE', { target, reason }, `${target}: ${reason}`)
}
