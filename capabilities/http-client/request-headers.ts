/** Which headers of an actor go out: what it says, and nothing of the connection or of where it goes. */
import { badRequest } from './target.ts'

/** The form of a header's name, and of a method. */
const token = /^[!#$%&'*+.^`|~\w-]{1,256}$/
/** What would end a header, or the request. */
// oxlint-disable-next-line no-control-regex
const controls = /[\0-\x08\x0a-\x1f\x7f]/
const beyondAscii = /[^\0-\x7f]/

/**
 * Left out: what belongs to one connection (RFC 9110, 7.6.1), how long the body is, and who is asked
 * for whom. The client says those itself, by the URL and the body.
 */
const leftOut = new Set([
  'connection',
  'content-length',
  'expect',
  'forwarded',
  'host',
  'http2-settings',
  'keep-alive',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
])
const leftOutPrefixes = ['proxy-', 'x-forwarded-']

/** The most headers of one request, and their size in bytes. Servers take about 100 and 8 KiB. */
const maxHeaders = 256
const maxHeaderBytes = 65_536

/** Headers to be sent, name, value, name, value …: a byte a character. */
export type OutgoingHeaders = readonly string[]

/**
 * The headers of an actor's request, as they go out.
 *
 * @throws CapabilityError `ERR_HTTP_REQUEST`
 */
export function outgoingHeaders(
  given: readonly string[],
  traceparent: string | undefined,
): OutgoingHeaders {
  const kept: string[] = []
  const named = connectionOptions(given)
  let bytes = 0
  for (let index = 0; index + 1 < given.length; index += 2) {
    const name = given[index] as string
    const value = given[index + 1] as string
    if (!token.test(name)) throw badRequest(`${quoted(name)} is no name of a header`)
    if (controls.test(value)) {
      throw badRequest(`the header ${name} holds a line break or another control character`)
    }
    const lower = name.toLowerCase()
    if (leftOut.has(lower) || named.has(lower)) continue
    if (leftOutPrefixes.some((prefix) => lower.startsWith(prefix))) continue
    if (lower === 'traceparent' && traceparent !== undefined) continue
    const written = beyondAscii.test(value) ? Buffer.from(value, 'utf8').toString('latin1') : value
    bytes += name.length + written.length + 4
    kept.push(name, written)
  }
  if (kept.length > 2 * maxHeaders || bytes > maxHeaderBytes) {
    throw badRequest(`it has more than ${maxHeaders} headers, or ${maxHeaderBytes} bytes of them`)
  }
  if (traceparent !== undefined) kept.push('traceparent', traceparent)
  // Nobody here undoes a coding: what an actor did not ask for it would not understand.
  if (!hasHeader(kept, 'accept-encoding')) kept.push('accept-encoding', 'identity')
  if (!hasHeader(kept, 'user-agent')) kept.push('user-agent', 'wash-ts')
  return kept
}

/**
 * The method of an actor's request, in upper case.
 *
 * @throws CapabilityError `ERR_HTTP_REQUEST`
 */
export function outgoingMethod(given: string): string {
  const method = given.toUpperCase()
  if (!token.test(method)) throw badRequest(`${quoted(given)} is no method`)
  if (method === 'CONNECT' || method === 'TRACE' || method === 'TRACK') {
    throw badRequest(`${method} is not for actors`)
  }
  return method
}

/** Headers without those of these names, given in lower case. */
export function withoutHeaders(
  headers: OutgoingHeaders,
  isUnwanted: (name: string) => boolean,
): OutgoingHeaders {
  return headers.filter((_, index) => !isUnwanted((headers[index & ~1] as string).toLowerCase()))
}

/** The beginning of what an actor wrote, for an error. */
function quoted(text: string): string {
  return JSON.stringify(text.slice(0, 64))
}

function hasHeader(headers: readonly string[], name: string): boolean {
  return headers.some((text, index) => index % 2 === 0 && text.toLowerCase() === name)
}

/** What `Connection` names is of one connection too. */
function connectionOptions(headers: readonly string[]): ReadonlySet<string> {
  const values = headers.filter(
    (_, index) => index % 2 === 1 && (headers[index - 1] as string).toLowerCase() === 'connection',
  )
  return new Set(
    values.flatMap((value) => value.split(',')).map((name) => name.trim().toLowerCase()),
  )
}
