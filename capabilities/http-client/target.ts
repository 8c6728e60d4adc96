/** URLs that actors ask for: read strictly, so that there is one way to understand them. */
import { CapabilityError } from '../errors.ts'
import { allowsUrl, type HostRule } from './host-list.ts'

/** The longest URL, in characters. Servers take about 8000. */
const maxUrlLength = 16_384

/** What an absolute URL of the web begins with, as it has to be written: no `http:/a`, no `http:\\a`. */
const prefix = /^https?:\/\/([^/?#\\]+)/i
/** Controls and spaces, which URL readers silently take out or replace. */
const unwritable = /[\0-\x20\x7f\\]/

/**
 * Reads the URL of an actor.
 *
 * @throws CapabilityError `ERR_HTTP_REQUEST`
 */
export function readUrl(text: string): URL {
  if (text.length > maxUrlLength) throw badUrl(`it is longer than ${maxUrlLength} characters`)
  if (unwritable.test(text)) {
    throw badUrl('it holds a space, a backslash or a control character; percent-encode it')
  }
  const authority = prefix.exec(text)?.[1]
  if (authority === undefined) throw badUrl('it does not begin with http:// or https:// and a host')
  if (authority.includes('@')) throw badUrl('it holds a user; send an Authorization header instead')
  const url = URL.parse(text)
  if (url === null) throw badUrl('it is not a URL')
  return withoutFinalDot(url)
}

/**
 * Where an answer sends its request on to. More is allowed than to actors, as servers write more.
 *
 * @returns `undefined` if that is no URL of the web, or holds a user
 */
export function readLocation(text: string, base: URL): URL | undefined {
  if (text.length > maxUrlLength) return undefined
  const url = URL.parse(text, base)
  if (url === null || (url.protocol !== 'http:' && url.protocol !== 'https:')) return undefined
  if (url.username !== '' || url.password !== '') return undefined
  return withoutFinalDot(url)
}

/**
 * Checks a URL against the list of hosts.
 *
 * @throws CapabilityError `ERR_HTTP_TARGET_DENIED`
 */
export function checkTarget(rules: readonly HostRule[], url: URL, redirectedBy?: string): void {
  if (allowsUrl(rules, url)) return
  const reason =
    rules.length === 0
      ? `the link allows no host; set HOSTS to ${url.host} in its values`
      : `HOSTS of the link has ${rules.map(({ text }) => text).join(', ')}`
  throw targetDenied(url.origin, reason, redirectedBy)
}

/** A target that the link does not allow. */
export function targetDenied(
  target: string,
  reason: string,
  redirectedBy?: string,
): CapabilityError<'ERR_HTTP_TARGET_DENIED'> {
  const from = redirectedBy === undefined ? '' : ` (a redirect of ${redirectedBy})`
  return new CapabilityError(
    'ERR_HTTP_TARGET_DENIED',
    { target, reason },
    `${target}${from} is out of reach: ${reason}`,
  )
}

/** What an actor asks cannot be sent. */
export function badRequest(reason: string): CapabilityError<'ERR_HTTP_REQUEST'> {
  return new CapabilityError(
    'ERR_HTTP_REQUEST',
    { reason },
    `the request cannot be sent: ${reason}`,
  )
}

/** Nothing of the URL itself: it may hold what is nobody's business. */
function badUrl(reason: string): CapabilityError<'ERR_HTTP_REQUEST'> {
  return badRequest(`its URL is refused, as ${reason}`)
}

/** `example.com.` and `example.com` are one host, for lists of hosts and for certificates. */
function withoutFinalDot(url: URL): URL {
  if (url.hostname.endsWith('.')) url.hostname = url.hostname.slice(0, -1)
  return url
}
