/** Where an answer sends its request on to, and what goes there. */
import type { HttpResponse } from '../../contracts/index.ts'
import { CapabilityError } from '../errors.ts'
import type { Outgoing } from './exchange.ts'
import { withoutHeaders } from './request-headers.ts'
import { readLocation } from './target.ts'

const redirects = new Set([301, 302, 303, 307, 308])
/** What only the server that they were meant for may see. */
const credentials = new Set(['authorization', 'cookie', 'cookie2'])

/**
 * The request that follows an answer (RFC 9110, 15.4), as browsers send it: 303, and 301 and 302
 * after a POST, are asked again with GET and without body; the others as they were. Another origin
 * gets no credentials.
 *
 * @returns `undefined` for an answer that redirects nowhere
 * @throws CapabilityError `ERR_HTTP_REDIRECT`
 */
export function redirectOf(outgoing: Outgoing, answer: HttpResponse): Outgoing | undefined {
  if (!redirects.has(answer.statusCode)) return undefined
  const location = locationOf(answer)
  if (location === undefined) return undefined
  const { url: from } = outgoing
  const url = readLocation(location, from)
  if (url === undefined) {
    throw badRedirect(outgoing, answer, 'where it leads is no URL of the web without user')
  }
  if (from.protocol === 'https:' && url.protocol === 'http:') {
    throw badRedirect(outgoing, answer, `it leads from https to http, to ${url.origin}`)
  }
  const isGet = becomesGet(outgoing.method, answer.statusCode)
  const isElsewhere = url.origin !== from.origin
  return {
    method: isGet ? 'GET' : outgoing.method,
    url,
    headers: withoutHeaders(
      outgoing.headers,
      (name) => (isElsewhere && credentials.has(name)) || (isGet && name.startsWith('content-')),
    ),
    body: isGet ? new Uint8Array(0) : outgoing.body,
  }
}

/** A redirect that is not followed. */
export function badRedirect(
  { method, url }: Outgoing,
  { statusCode }: HttpResponse,
  reason: string,
): CapabilityError<'ERR_HTTP_REDIRECT'> {
  return new CapabilityError(
    'ERR_HTTP_REDIRECT',
    { server: url.origin, statusCode, reason },
    `${url.origin} answered ${method} with a redirect that is not followed: ${reason}`,
  )
}

function becomesGet(method: string, statusCode: number): boolean {
  if (statusCode === 303) return method !== 'GET' && method !== 'HEAD'
  return (statusCode === 301 || statusCode === 302) && method === 'POST'
}

function locationOf({ headers }: HttpResponse): string | undefined {
  const at = headers.findIndex(
    (text, index) => index % 2 === 0 && text.toLowerCase() === 'location',
  )
  return at === -1 ? undefined : headers[at + 1]
}
