import { CapabilityError } from '../errors.ts'
import { shownSubject } from './subject.ts'

/** Nobody listens on the subject of a request. */
export function noResponders(subject: string): CapabilityError<'ERR_NO_RESPONDERS'> {
  return new CapabilityError(
    'ERR_NO_RESPONDERS',
    { subject },
    `nobody listens on ${shownSubject(subject)}`,
  )
}

/** @param timeoutMs What the answer was given, rounded for people. */
export function replyTimeout(
  subject: string,
  timeoutMs: number,
): CapabilityError<'ERR_REPLY_TIMEOUT'> {
  const rounded = Math.round(timeoutMs)
  return new CapabilityError(
    'ERR_REPLY_TIMEOUT',
    { subject, timeoutMs: rounded },
    `no answer from ${shownSubject(subject)} within ${rounded} ms`,
  )
}

/** @throws CapabilityError `ERR_MESSAGE_TOO_LARGE` */
export function checkSize(body: Uint8Array, maxBytes: number): void {
  if (body.length <= maxBytes) return
  throw new CapabilityError(
    'ERR_MESSAGE_TOO_LARGE',
    { sizeBytes: body.length, maxBytes },
    `a message of ${body.length} bytes, more than the ${maxBytes} of its broker`,
  )
}
