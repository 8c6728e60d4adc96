import { type IncomingMessage, type ServerResponse, STATUS_CODES } from 'node:http'
import type { HttpResponse } from '../../contracts/index.ts'

/** Of one connection, so that an actor has no say in them. Named by length: most names match none. */
const hopByHop = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
])
const hopByHopLengths: readonly boolean[] = Array.from({ length: 18 }, (_, length) =>
  [...hopByHop, 'content-length'].some((name) => name.length === length),
)

const beyondAscii = /[^\0-\x7f]/

/** Bodies up to this many bytes leave in one write with their headers. */
const oneWriteBytes = 8192

/** How long a client whose body is refused may go on sending, so that it comes to read the answer. */
const lingerMs = 1000

/**
 * Writes what an actor answered. The length is always that of the body; headers of the connection
 * are left out.
 *
 * @returns why it cannot be sent, in which case nothing has been
 */
export function sendAnswer(
  request: IncomingMessage,
  response: ServerResponse,
  { statusCode, headers, body }: HttpResponse,
): string | undefined {
  if (statusCode < 200 || statusCode > 599) return `the status ${statusCode} is no final one`
  const head = request.method === 'HEAD'
  const bodyless = statusCode === 204 || statusCode === 304
  const toSend = endToEnd(headers, head && body.length === 0)
  if (!bodyless && (!head || body.length > 0)) {
    toSend.push('Content-Length', statusCode === 205 ? '0' : String(body.length))
  }
  try {
    response.writeHead(statusCode, toSend)
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
  if (head || bodyless || statusCode === 205 || body.length === 0) response.end()
  else if (body.length > oneWriteBytes) response.end(body)
  else response.end(asBuffer(body).toString('latin1'), 'latin1')
  return undefined
}

/** What the provider itself has to say. */
export interface Refusal {
  readonly status: number
  /** Default: the words of the status. */
  readonly text?: string
  /** Flat: name, value … */
  readonly headers?: readonly string[]
}

/**
 * Answers without an actor, and reads on for a moment where a body is under way.
 *
 * @param underWay Whether the client sends its body: not if it waits to be told to.
 */
export function refuse(
  request: IncomingMessage,
  response: ServerResponse,
  refusal: Refusal,
  underWay: boolean = request.headers.expect === undefined,
): void {
  const { status, text = STATUS_CODES[status] ?? '', headers = [] } = refusal
  const unread = !request.complete && !request.readableEnded
  if (unread) response.shouldKeepAlive = false
  response.writeHead(status, [
    ...headers,
    'Content-Type',
    'text/plain; charset=utf-8',
    'Content-Length',
    String(Buffer.byteLength(text)),
  ])
  if (!unread || !underWay) {
    response.end(text)
    return
  }
  // Closing while the client still sends would reset the connection, and the answer would be lost.
  response.write(text)
  // Now, not in the next tick: what follows may be no body at all, and end the connection.
  request.socket.uncork()
  const end = (): void => {
    clearTimeout(timer)
    response.end()
  }
  const timer = setTimeout(end, lingerMs)
  request.once('close', end)
  request.once('end', end)
  request.resume()
}

/** The headers that concern the content, as a new list. */
function endToEnd(headers: readonly string[], keepLength: boolean): string[] {
  const kept: string[] = []
  let named: string | undefined
  for (let index = 0; index + 1 < headers.length; index += 2) {
    const name = headers[index] as string
    const value = headers[index + 1] as string
    if (hopByHopLengths[name.length] === true) {
      const lower = name.toLowerCase()
      if (lower === 'connection') named = named === undefined ? value : `${named},${value}`
      if (hopByHop.has(lower)) continue
      if (lower === 'content-length' && !(keepLength && /^\d{1,15}$/.test(value))) continue
    }
    kept.push(name, beyondAscii.test(value) ? asBytes(value) : value)
  }
  return named === undefined ? kept : withoutNamed(kept, named)
}

/** @see RFC 9110 section 7.6.1: what `Connection` names is of one connection too. */
function withoutNamed(headers: readonly string[], connection: string): string[] {
  const names = new Set(connection.split(',').map((name) => name.trim().toLowerCase()))
  return headers.filter((_, index) => !names.has((headers[index & ~1] as string).toLowerCase()))
}

/** Node writes a byte a character; what actors write is UTF-8. */
function asBytes(value: string): string {
  return Buffer.from(value, 'utf8').toString('latin1')
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
}
