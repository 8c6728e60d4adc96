/** One request and its answer on one connection. */
import type { Dispatcher } from 'undici'
import type { HttpResponse } from '../../contracts/index.ts'
import { ByteCollector } from '../byte-collector.ts'
import { CapabilityError } from '../errors.ts'
import type { Connection } from './connection-pool.ts'
import type { OutgoingHeaders } from './request-headers.ts'

/** A request as it goes out. */
export interface Outgoing {
  readonly method: string
  readonly url: URL
  readonly headers: OutgoingHeaders
  readonly body: Uint8Array
}

/** What bounds an exchange, and who hears that it has begun. */
export interface ExchangeOptions {
  readonly maxResponseBytes: number
  readonly signal: AbortSignal
  /** Called before the first byte is sent. */
  readonly onSent: () => void
}

/** Methods that change nothing (RFC 9110, 9.2.1): whatever breaks, they may be asked again. */
const safeMethods = new Set(['GET', 'HEAD', 'OPTIONS', 'QUERY', 'PROPFIND', 'REPORT', 'SEARCH'])

/** True of a method that only reads. */
export function isSafe(method: string): boolean {
  return safeMethods.has(method)
}

/**
 * Sends a request, once, and collects its answer. After a failure the connection is good for nothing
 * any more.
 *
 * @throws CapabilityError `ERR_SERVER_UNAVAILABLE` (nothing was sent, or the method only reads),
 * `ERR_OUTCOME_UNKNOWN`, `ERR_HTTP_RESPONSE_LIMIT`, and what the connector throws; the reason of the
 * signal
 */
export async function exchange(
  connection: Connection,
  outgoing: Outgoing,
  options: ExchangeOptions,
): Promise<HttpResponse> {
  const { signal } = options
  signal.throwIfAborted()
  const collector = new Collector(outgoing, options)
  const abort = (): void => collector.fail(signal.reason)
  signal.addEventListener('abort', abort)
  try {
    const { method, url, headers, body } = outgoing
    connection.client.dispatch(
      {
        method,
        path: `${url.pathname}${url.search}`,
        headers: headers as string[],
        body: body.length === 0 ? null : body,
      },
      collector,
    )
    return await collector.answer
  } finally {
    signal.removeEventListener('abort', abort)
  }
}

/** What undici tells of one exchange. */
class Collector implements Dispatcher.DispatchHandler {
  readonly answer: Promise<HttpResponse>
  readonly #outgoing: Outgoing
  readonly #maxBytes: number
  readonly #onSent: () => void
  readonly #resolve: (answer: HttpResponse) => void
  readonly #reject: (error: unknown) => void
  readonly #body = new ByteCollector()
  #statusCode = 0
  #headers: readonly string[] = []
  #isSent = false

  constructor(outgoing: Outgoing, { maxResponseBytes, onSent }: ExchangeOptions) {
    this.#outgoing = outgoing
    this.#maxBytes = maxResponseBytes
    this.#onSent = onSent
    const { promise, resolve, reject } = Promise.withResolvers<HttpResponse>()
    this.answer = promise
    this.#resolve = resolve
    this.#reject = reject
  }

  /** Ends it with an error of the caller's. */
  fail(error: unknown): void {
    this.#reject(error)
  }

  onRequestStart(): void {
    this.#isSent = true
    this.#onSent()
  }

  onResponseStart(controller: Dispatcher.DispatchController, statusCode: number): void {
    // One that only announces another.
    if (statusCode < 200) return
    this.#statusCode = statusCode
    this.#headers = readHeaders(controller.rawHeaders)
    const headerBytes = this.#headers.reduce((bytes, text) => bytes + text.length + 2, 0)
    if (headerBytes > maxHeaderBytes) {
      controller.abort(limitExceeded(this.#outgoing, 'HEADER_BYTES', headerBytes, maxHeaderBytes))
      return
    }
    const isWithout = this.#outgoing.method === 'HEAD' || statusCode === 204 || statusCode === 304
    const announced = isWithout ? 0 : Number(contentLength(this.#headers) ?? 0)
    if (announced > this.#maxBytes) this.#tooLarge(controller, announced)
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    const bytes = this.#body.length + chunk.length
    if (bytes > this.#maxBytes) this.#tooLarge(controller, bytes)
    else this.#body.add(chunk)
  }

  onResponseEnd(): void {
    const body = this.#body.whole()
    this.#resolve({ statusCode: this.#statusCode, headers: endToEnd(this.#headers), body })
  }

  onResponseError(_controller: unknown, error: Error): void {
    if (error instanceof CapabilityError) this.#reject(error)
    else this.#reject(this.#broken(error))
  }

  #tooLarge(controller: Dispatcher.DispatchController, bytes: number): void {
    controller.abort(limitExceeded(this.#outgoing, 'MAX_RESPONSE_BYTES', bytes, this.#maxBytes))
  }

  #broken(cause: Error): CapabilityError {
    const code = codeOf(cause)
    if (code === 'UND_ERR_HEADERS_OVERFLOW') {
      return limitExceeded(this.#outgoing, 'HEADER_BYTES', undefined, maxHeaderBytes)
    }
    const before = this.#isSent ? ' before the answer was whole' : ''
    const reason =
      cause.name === 'HTTPParserError' || notHttp.has(code)
        ? 'what it answered is not HTTP'
        : `the connection broke${before} (${code})`
    const { method, url } = this.#outgoing
    return brokenExchange(url.origin, method, reason, !this.#isSent || isSafe(method), cause)
  }
}

/** What undici says of answers that contradict themselves, besides its parser's own errors. */
const notHttp = new Set(['ERR_ASSERTION', 'UND_ERR_RES_CONTENT_LENGTH_MISMATCH'])

function codeOf(error: Error): string {
  return 'code' in error && typeof error.code === 'string' ? error.code : error.message
}

/** The most bytes of headers in an answer; no link can raise it. */
export const maxHeaderBytes: number = 32_768

/**
 * A connection that broke.
 *
 * @param isHarmless True if the server cannot have executed anything.
 */
export function brokenExchange(
  server: string,
  operation: string,
  reason: string,
  isHarmless: boolean,
  cause: unknown,
): CapabilityError {
  if (isHarmless) {
    return new CapabilityError(
      'ERR_SERVER_UNAVAILABLE',
      { server, reason },
      `${server} did not answer: ${reason}`,
      { cause },
    )
  }
  return new CapabilityError(
    'ERR_OUTCOME_UNKNOWN',
    { server, operation, reason },
    `${server} may or may not have executed ${operation}: ${reason}`,
    { cause },
  )
}

function limitExceeded(
  { method, url }: Outgoing,
  limit: 'MAX_RESPONSE_BYTES' | 'HEADER_BYTES',
  bytes: number | undefined,
  allowed: number,
): CapabilityError<'ERR_HTTP_RESPONSE_LIMIT'> {
  const size = bytes === undefined ? '' : `: at least ${bytes}`
  return new CapabilityError(
    'ERR_HTTP_RESPONSE_LIMIT',
    { server: url.origin, limit, allowed },
    `the answer of ${url.origin} to ${method} is larger than ${limit} allows, ${allowed} bytes${size}`,
  )
}

/** Name, value, name, value … as text: UTF-8 where it is that, a character a byte where it is not. */
function readHeaders(raw: Dispatcher.DispatchController['rawHeaders']): readonly string[] {
  return Array.isArray(raw) ? raw.map(headerText) : []
}

const strictUtf8 = new TextDecoder('utf-8', { fatal: true })

function headerText(bytes: Buffer | string): string {
  if (typeof bytes === 'string') return bytes
  try {
    return strictUtf8.decode(bytes)
  } catch {
    return bytes.toString('latin1')
  }
}

function contentLength(headers: readonly string[]): string | undefined {
  const at = headers.findIndex(
    (text, index) => index % 2 === 0 && text.toLowerCase() === 'content-length',
  )
  return at === -1 ? undefined : headers[at + 1]
}

/** Of one connection (RFC 9110, 7.6.1), and no business of actors. */
const hopByHop = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
])

function endToEnd(headers: readonly string[]): readonly string[] {
  return headers.filter((_, index) => !hopByHop.has((headers[index & ~1] as string).toLowerCase()))
}
