import type { IncomingMessage } from 'node:http'
import type { Framing } from './framing.ts'

/** What a request is for, once its first line and headers are in. */
export type Target =
  | {
      readonly ok: true
      readonly host: string | undefined
      readonly path: string
      readonly queryString: string
    }
  | { readonly ok: false; readonly status: number }

/** Characters of RFC 3986 in an authority; no user information, no comma that a proxy joined with. */
const authority = /^(?:[\w.~!$&'()*+;=%-]*|\[[\da-f:.]+\])(?::\d{0,5})?$/i

/** Hosts that passed. A client sends the same one all the time. */
let lastGoodHost = ''

/**
 * Reads what a request is for, and refuses what two servers might understand differently: several
 * host headers, a host that differs from that of the request line, codings nobody undoes.
 *
 * @see RFC 9112 sections 3.2 and 6.1
 */
export function readTarget(request: IncomingMessage, framing: Framing): Target {
  const { url = '' } = request
  const { host, coding } = framing
  if (host !== undefined && host !== lastGoodHost) {
    if (!authority.test(host)) return { ok: false, status: 400 }
    lastGoodHost = host
  }
  if (framing.severalHosts) return { ok: false, status: 400 }
  if (coding !== undefined) {
    if (request.httpVersionMinor === 0) return { ok: false, status: 400 }
    if (coding.toLowerCase() !== 'chunked') return { ok: false, status: 501 }
  }
  let target = url
  if (url.charCodeAt(0) !== slash) {
    const absolute = /^https?:\/\/([^/?#]+)(.*)$/i.exec(url)
    if (absolute === null) return { ok: false, status: 400 }
    const [, named = '', rest = ''] = absolute
    if (
      !authority.test(named) ||
      (host !== undefined && host.toLowerCase() !== named.toLowerCase())
    ) {
      return { ok: false, status: 400 }
    }
    target = rest.startsWith('/') ? rest : `/${rest}`
  }
  if (target.includes('#')) return { ok: false, status: 400 }
  const question = target.indexOf('?')
  return question === -1
    ? { ok: true, host, path: target, queryString: '' }
    : { ok: true, host, path: target.slice(0, question), queryString: target.slice(question + 1) }
}

/**
 * Header values as text: browsers and servers send UTF-8 where they send more than ASCII, and node
 * has a character a byte. What is no UTF-8 stays as it is.
 */
export function readableHeaders(rawHeaders: readonly string[]): readonly string[] {
  for (let index = 1; index < rawHeaders.length; index += 2) {
    if (beyondAscii.test(rawHeaders[index] as string)) return rawHeaders.map(readable)
  }
  return rawHeaders
}

const slash = 0x2f
const beyondAscii = /[\x80-\xff]/
const strictUtf8 = new TextDecoder('utf-8', { fatal: true })

function readable(value: string): string {
  if (!beyondAscii.test(value)) return value
  try {
    return strictUtf8.decode(Buffer.from(value, 'latin1'))
  } catch {
    // Not UTF-8: each byte stays a character.
    return value
  }
}
