import * as v from 'valibot'
import type { StandardSchema } from '../../host/index.ts'
import { integerValue, linkValues, parsedValue } from '../link-values.ts'
import { type HostRule, parseHostList } from './host-list.ts'
import { Reach } from './reach.ts'

/** What one link asks of the HTTP client. Made from link values, which are named in capitals. */
export interface HttpClientConfig {
  /** `HOSTS`: the servers that requests may go to. Default: none. */
  readonly hosts: readonly HostRule[]
  /** `ALLOW_PRIVATE`: addresses that are open besides those of the public internet. */
  readonly reach: Reach
  /** `TIMEOUT_MS`: for a request with all its redirects. The call's own deadline bounds it too. */
  readonly timeoutMs: number
  /** `MAX_REDIRECTS` to follow; with 0 the actor gets the redirect itself as its answer. */
  readonly maxRedirects: number
  /** `MAX_RESPONSE_BYTES` in the body of an answer. */
  readonly maxResponseBytes: number
  /** `MAX_CONNECTIONS` at one time, idle ones included; further requests wait. */
  readonly maxConnections: number
  /** `CA_FILE`: certificates in PEM that are trusted besides those of Node. */
  readonly caFile: string | undefined
}

const dayMs = 86_400_000
const defaultTimeoutMs = 30_000
const defaultRedirects = 10

const values = linkValues({
  HOSTS: parsedValue(
    {
      description:
        'servers that requests may go to, separated by commas: a name, *.name for all below it, or * for any, each with or without scheme and port (that of the scheme if not given); without it, none',
    },
    parseHostList,
  ),
  ALLOW_PRIVATE: parsedValue(
    {
      description:
        'addresses that names in HOSTS may lead to besides those of the public internet: loopback, private, link-local, cgnat, metadata, and networks such as 10.1.0.0/16',
    },
    (text) => Reach.parse(text),
  ),
  TIMEOUT_MS: integerValue(
    {
      description: `time for a request with its redirects, within that of the call; ${defaultTimeoutMs} if not given`,
      unit: 'ms',
    },
    { min: 1, max: dayMs },
  ),
  MAX_REDIRECTS: integerValue(
    {
      description: `redirects to follow, 0 to have them as answers; ${defaultRedirects} if not given`,
      unit: 'redirects',
    },
    { min: 0, max: 50 },
  ),
  MAX_RESPONSE_BYTES: integerValue(
    { description: 'largest body of an answer', unit: 'bytes', default: '10485760' },
    { min: 0, max: 1024 ** 3 },
  ),
  MAX_CONNECTIONS: integerValue(
    {
      description: 'connections at one time, idle ones included; further requests wait',
      unit: 'connections',
      default: '64',
    },
    { min: 1, max: 10_000 },
  ),
  CA_FILE: parsedValue(
    { description: 'file of certificates in PEM to trust besides those that Node trusts' },
    (text) => text,
  ),
  timeout: integerValue(
    { description: 'TIMEOUT_MS in seconds, as waSCC and wasmCloud had it', unit: 's' },
    { min: 1, max: dayMs / 1000 },
  ),
  max_redirects: integerValue(
    { description: 'MAX_REDIRECTS, as waSCC and wasmCloud had it', unit: 'redirects' },
    { min: 0, max: 50 },
  ),
})

/** Parses the values of a link to the HTTP client. */
export const configSchema: StandardSchema<unknown, HttpClientConfig> = v.pipe(
  values,
  v.check(
    ({ TIMEOUT_MS, timeout }) => TIMEOUT_MS === undefined || timeout === undefined,
    'TIMEOUT_MS and timeout are both given; leave out timeout',
  ),
  v.check(
    ({ MAX_REDIRECTS, max_redirects }) =>
      MAX_REDIRECTS === undefined || max_redirects === undefined,
    'MAX_REDIRECTS and max_redirects are both given; leave out max_redirects',
  ),
  v.transform(
    (given): HttpClientConfig => ({
      hosts: given.HOSTS ?? [],
      reach: given.ALLOW_PRIVATE ?? Reach.public,
      timeoutMs:
        given.TIMEOUT_MS ?? (given.timeout === undefined ? defaultTimeoutMs : given.timeout * 1000),
      maxRedirects: given.MAX_REDIRECTS ?? given.max_redirects ?? defaultRedirects,
      maxResponseBytes: given.MAX_RESPONSE_BYTES,
      maxConnections: given.MAX_CONNECTIONS,
      caFile: given.CA_FILE,
    }),
  ),
)
