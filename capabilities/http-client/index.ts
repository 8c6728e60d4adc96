/** HTTP requests of actors, on undici: to the hosts that a link allows, and no inner address. */
import { readFile } from 'node:fs/promises'
import { createSecureContext, getCACertificates, type SecureContext } from 'node:tls'
import { X509Certificate } from 'node:crypto'
import { type HttpClientToProvider, httpClient, type NoOperations } from '../../contracts/index.ts'
import type { CapabilityProvider } from '../../host/index.ts'
import { configSchema, type HttpClientConfig } from './config.ts'
import { ConnectionPool } from './connection-pool.ts'
import { connectorOf, type ConnectorOptions, type Resolve, resolveBySystem } from './connector.ts'
import { maxHeaderBytes } from './exchange.ts'
import { Requester } from './requester.ts'

export type { HttpClientConfig } from './config.ts'
export type { Resolve, ResolvedAddress } from './connector.ts'
export type { HostRule } from './host-list.ts'

/** What a test may put in the place of the machine's own. */
export interface HttpClientOptions {
  /** Finds the addresses of names. Default: the system's resolver. */
  readonly resolve?: Resolve
}

/**
 * How long a connection may idle, in milliseconds: less than servers do, so that none is used just
 * as its server closes it.
 */
const idleMs = 4000

/**
 * The HTTP client provider. A link reaches the servers that its `HOSTS` name, and of those only
 * addresses of the public internet, unless `ALLOW_PRIVATE` opens others. Each request is sent once.
 *
 * Bodies are whole, in both directions. No coding is undone: `accept-encoding: identity` is sent where
 * the actor asks for nothing else.
 */
export function httpClientProvider(
  options: HttpClientOptions = {},
): CapabilityProvider<HttpClientConfig, HttpClientToProvider, NoOperations> {
  const { resolve = resolveBySystem } = options
  return {
    name: 'http-client',
    summary: 'HTTP client: makes requests to the hosts that a link allows',
    contract: httpClient,
    configSchema,
    link: async ({ config, log, signal }) => {
      // Only who links it pays for it.
      const { Client } = await import('undici')
      const secureContext = await trusting(config.caFile)
      signal.throwIfAborted()
      const { hosts, reach } = config
      if (hosts.length === 0) log.warn('HOSTS is not set, so that no request can be made')
      const connections = {
        reach,
        resolve,
        secureContext,
        onDenied: onceEach((facts) =>
          log.warn('a request to an address out of reach was refused', facts),
        ),
      }
      const pool = new ConnectionPool(
        config.maxConnections,
        (origin, ended) =>
          new Client(origin, {
            connect: connectorOf(connections, ended),
            allowH2: false,
            pipelining: 1,
            maxHeaderSize: maxHeaderBytes,
            keepAliveTimeout: idleMs,
            keepAliveMaxTimeout: idleMs,
            // A request has one deadline, and it is kept elsewhere.
            headersTimeout: 0,
            bodyTimeout: 0,
          }),
      )
      const requester = new Requester(config, pool)
      return {
        operations: { PerformRequest: (request, call) => requester.perform(request, call) },
        info: { hosts: hosts.map(({ text }) => text).join(', ') },
        [Symbol.asyncDispose]: () => pool[Symbol.asyncDispose](),
      }
    },
  }
}

/** The most hosts that the log tells of: an actor may ask for as many as it likes. */
const maxHostsTold = 100

/** Passes on the first of each host. */
function onceEach(tell: ConnectorOptions['onDenied']): ConnectorOptions['onDenied'] {
  const told = new Set<string>()
  return (facts) => {
    if (told.size >= maxHostsTold || told.has(facts.host)) return
    told.add(facts.host)
    tell(facts)
  }
}

/**
 * Trusts who Node trusts, and who the file names.
 *
 * @throws Error if there is no such file, or no certificate in it
 */
async function trusting(caFile: string | undefined): Promise<SecureContext | undefined> {
  if (caFile === undefined) return undefined
  try {
    const text = await readFile(caFile, 'utf8')
    const certificates = text.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g)
    if (certificates === null) throw new Error('there is no certificate in it')
    for (const certificate of certificates) void new X509Certificate(certificate)
    return createSecureContext({ ca: [...getCACertificates(), ...certificates] })
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new Error(`CA_FILE ${JSON.stringify(caFile)} cannot be used: ${reason}`, { cause })
  }
}
