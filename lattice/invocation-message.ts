/** What goes with invocations and their answers besides what wasmCloud's hosts write. */
import type { Invocation, WasmbusEntity } from '../contracts/index.ts'
import { eventReason, visibleText } from '../host/index.ts'
import type { Headers } from './connection.ts'
import { LatticeError } from './errors.ts'

/** Names of NATS headers. Hosts that know none of them are called, and call, all the same. */
export const headerNames = {
  /** Milliseconds that the caller waits from when it sent. */
  timeoutMs: 'timeout-ms',
  /** How many actors called each other to get here. */
  depth: 'depth',
  /** The claims of the actor that calls, as its issuer signed them. */
  actorToken: 'actor-token',
  /** Of a link message, which is no invocation: what an invocation has in itself. */
  invocationId: 'invocation-id',
  invocationToken: 'invocation-token',
  hostId: 'host-id',
  /** Of an answer that is a failure: its code. */
  errorCode: 'error-code',
} as const

/** Bytes of the largest payload that travels, in whatever way. */
export const maxPayloadBytes: number = 64 * 1024 * 1024

/** From this size on a payload travels apart, also where the server would take more: it should not keep others waiting. */
const inlineBytes = 900 * 1024

/** How long a call of somebody who does not say may take: what wasmCloud's hosts wait. */
const usualTimeoutMs = 2000
const longestTimeoutMs = 60 * 60 * 1000

/** Whether a message has to leave its payload to the store. */
export function isTooLarge(message: Uint8Array, headers: Headers, maxPayload: number): boolean {
  let size = message.length + 64
  for (const [name, value] of Object.entries(headers)) size += name.length + value.length + 8
  return size > Math.min(inlineBytes, maxPayload)
}

/** Whether the payload of a message travels apart, and how long it is. */
export function sizeApart({
  msg,
  contentLength,
}: Pick<Invocation, 'msg' | 'contentLength'>): number | undefined {
  return msg.length === 0 && contentLength !== null && contentLength > 0 ? contentLength : undefined
}

/** How errors call an actor, or a provider by one of its links. */
export function entityName({ publicKey, linkName }: WasmbusEntity): string {
  return linkName === '' ? publicKey : `${publicKey} (link ${linkName})`
}

/** What {@link headerNames}`.timeoutMs` says, or the usual. */
export function timeoutOf(header: string): number {
  return /^\d{1,9}$/.test(header) ? Math.min(Number(header), longestTimeoutMs) : usualTimeoutMs
}

/** What {@link headerNames}`.depth` says; 0 if it says nothing. */
export function depthOf(header: string): number {
  return /^\d{1,6}$/.test(header) ? Number(header) : 0
}

/**
 * A failure on another host, with the code that it has there: match `code`, as where the actor or
 * provider runs here. Its detail does not travel.
 */
export class RemoteFailure extends Error {
  override readonly name: string = 'RemoteFailure'
  readonly code: string
  readonly detail: { readonly target: string; readonly operation: string }

  constructor(code: string, detail: RemoteFailure['detail'], message: string) {
    super(message)
    this.code = code
    this.detail = detail
  }
}

const codePattern = /^[A-Z][A-Z0-9_]{0,63}$/
const maxTextLength = 4096

/** How a failure is written: its text, and its code for those who read that. */
export function failureOnWire(error: unknown): { readonly text: string; readonly code: string } {
  const { code, message } = eventReason(error)
  return {
    text: visibleText(message, maxTextLength),
    code: codePattern.test(code) ? code : 'ERR_INTERNAL',
  }
}

/** Reads what {@link failureOnWire} wrote, or the text of another implementation. */
export function failureFromWire(
  text: string,
  code: string,
  target: string,
  operation: string,
): RemoteFailure | LatticeError<'ERR_REMOTE_FAILED'> {
  const shown = visibleText(text, maxTextLength)
  const detail = { target, operation }
  return codePattern.test(code)
    ? new RemoteFailure(code, detail, shown)
    : new LatticeError('ERR_REMOTE_FAILED', detail, shown)
}
