/** `HOSTS`: which servers a link may be used for, by name. */
import { isIP } from 'node:net'

/** One entry of the list. */
export interface HostRule {
  /** As it was written. */
  readonly text: string
  /** `https:`; `undefined` for both. */
  readonly protocol: string | undefined
  /** As URLs have it: lower case, IDNA, IPv6 in brackets; empty for any. */
  readonly host: string
  /** True if it stands for the names below `host`, or for any name at all. */
  readonly below: boolean
  /** `undefined` for the one that the scheme has. */
  readonly port: number | 'any' | undefined
}

const form = /^(?:(https?):\/\/)?(\[[\da-f:.]+\]|[^\s/:?#@%[\]\\]+)(?::(\d{1,5}|\*))?\/?$/i

/**
 * Reads a list such as `api.example.com, https://*.example.org, localhost:8080`.
 *
 * @throws Error naming the entry that is wrong
 */
export function parseHostList(text: string): readonly HostRule[] {
  return text.split(',').map((entry) => parseRule(entry.trim()))
}

/** True if the list allows the URL. A host in it has no final dot. */
export function allowsUrl(rules: readonly HostRule[], url: URL): boolean {
  return rules.some(
    ({ protocol, host, below, port }) =>
      (protocol === undefined || protocol === url.protocol) &&
      (below ? host === '' || isBelow(url.hostname, host) : url.hostname === host) &&
      (port === 'any' || port === (url.port === '' ? undefined : Number(url.port))),
  )
}

function isBelow(hostname: string, parent: string): boolean {
  return hostname.endsWith(`.${parent}`)
}

function parseRule(text: string): HostRule {
  const [, scheme, name = '', port] = form.exec(text) ?? []
  const below = name === '*' || name.startsWith('*.')
  const host = below ? name.slice(2) : name
  const protocol = scheme === undefined ? undefined : `${scheme.toLowerCase()}:`
  const canonical = name === '*' ? '' : canonicalHost(host)
  if (name === '' || canonical === undefined || (below && isIP(canonical) !== 0)) throw wrong(text)
  return { text, protocol, host: canonical, below, port: parsePort(text, protocol, port) }
}

function parsePort(
  text: string,
  protocol: string | undefined,
  port: string | undefined,
): HostRule['port'] {
  if (port === '*') return 'any'
  if (port === undefined) return undefined
  const number = Number(port)
  if (number < 1 || number > 65_535) throw wrong(text)
  // URLs leave out the port that their scheme has, whichever of the two that is.
  if (protocol === undefined && (number === 80 || number === 443)) {
    throw new Error(
      `${JSON.stringify(text)} does not say which scheme it means; write ${number === 80 ? 'http' : 'https'}://${text}, or leave out the port`,
    )
  }
  const isDefault =
    (protocol === 'http:' && number === 80) || (protocol === 'https:' && number === 443)
  return isDefault ? undefined : number
}

/** The host as URLs have it; `undefined` if it is none. */
function canonicalHost(host: string): string | undefined {
  const url = URL.parse(`http://${host}/`)
  if (url === null || url.hostname.includes('*')) return undefined
  const name = url.hostname.replace(/\.$/, '')
  return /^(?:\[[\da-f:.]+\]|[a-z\d_](?:[a-z\d_.-]*[a-z\d_])?)$/.test(name) ? name : undefined
}

function wrong(text: string): Error {
  return new Error(
    `${JSON.stringify(text)} is not a host; write a name, *.name for those below it, or * for any, with or without scheme and port: api.example.com, https://*.example.org, http://127.0.0.1:8080`,
  )
}
