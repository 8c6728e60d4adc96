import * as v from 'valibot'
import type { StandardSchema } from '../../host/index.ts'
import { ignoredValue, integerValue, linkValues, parsedValue } from '../link-values.ts'
import { type BindAddress, type BindEntry, parseBindList } from './bind-address.ts'

/** What one link asks of the HTTP server. Made from link values, which are named in capitals. */
export interface HttpServerConfig {
  /** `BIND` and `PORT`. Default: 127.0.0.1 (waSCC listened on every interface), port 8080. */
  readonly addresses: readonly BindAddress[]
  /** `HOST`: the host name this actor answers to, lower case. Default: any. */
  readonly host: string | undefined
  /** `PATH`: the path below which this actor answers, without a trailing slash. Default: empty, any. */
  readonly pathPrefix: string
  /** `TIMEOUT_MS`: for one invocation. Default: the actor's own limit, which also bounds it. */
  readonly timeoutMs: number | undefined
  /** `MAX_BODY_BYTES` of one request; larger ones get 413. Default: 10 MiB. */
  readonly maxBodyBytes: number
  /** `MAX_HEADERS` of one request; more get 431. Default: 100. */
  readonly maxHeaders: number
  /** What concerns the listener, which links of one address share. Only what the link says. */
  readonly listener: Partial<ListenerSettings>
  /** `WORKERS` was given, which wasmCloud 0.15 to 0.18 had and which means nothing here. */
  readonly workersGiven: boolean
}

/** Settings of a listener. Links that share one may not contradict each other. */
export interface ListenerSettings {
  /** `MAX_HEADER_BYTES`: all headers of one request; larger ones get 431. */
  readonly maxHeaderBytes: number
  /** `HEADERS_TIMEOUT_MS`: until a request's headers are in; slower clients get 408. */
  readonly headersTimeoutMs: number
  /** `REQUEST_TIMEOUT_MS`: until a whole request is in (408), and for a client to read on. */
  readonly requestTimeoutMs: number
  /** `KEEP_ALIVE_MS`: how long a connection may idle between requests; 0 for as long as it likes. */
  readonly keepAliveMs: number
  /** `MAX_CONNECTIONS` at one time; further ones are closed. */
  readonly maxConnections: number
}

/** What a listener does where no link says otherwise. */
export const listenerDefaults: ListenerSettings = {
  maxHeaderBytes: 8192,
  headersTimeoutMs: 10_000,
  requestTimeoutMs: 30_000,
  keepAliveMs: 5000,
  maxConnections: 10_000,
}

/** The link values that set each listener setting, to name them in errors. */
export const listenerKeys: Readonly<Record<keyof ListenerSettings, string>> = {
  maxHeaderBytes: 'MAX_HEADER_BYTES',
  headersTimeoutMs: 'HEADERS_TIMEOUT_MS',
  requestTimeoutMs: 'REQUEST_TIMEOUT_MS',
  keepAliveMs: 'KEEP_ALIVE_MS',
  maxConnections: 'MAX_CONNECTIONS',
}

const dayMs = 86_400_000

const values = linkValues({
  PORT: integerValue(
    { description: 'port to listen on where BIND names none; 0 for any free one', default: '8080' },
    { min: 0, max: 65_535 },
  ),
  BIND: parsedValue<readonly BindEntry[]>(
    {
      description:
        'IP addresses to listen on, each with or without a port, separated by commas; 0.0.0.0 for every interface',
      default: '127.0.0.1',
    },
    parseBindList,
  ),
  PATH: parsedValue(
    {
      description:
        'path below which the actor answers, so that several share a port; it still sees the whole path',
      default: '/',
    },
    parsePathPrefix,
  ),
  HOST: parsedValue(
    { description: 'host name that the actor answers to, so that several share a port' },
    parseHostName,
  ),
  TIMEOUT_MS: integerValue(
    { description: 'time for one invocation, within what the actor may take', unit: 'ms' },
    { min: 1, max: dayMs },
  ),
  MAX_BODY_BYTES: integerValue(
    { description: 'largest request body', unit: 'bytes', default: String(10 * 1024 * 1024) },
    { min: 0, max: 1024 ** 3 },
  ),
  MAX_HEADERS: integerValue(
    { description: 'most header lines of one request', unit: 'headers', default: '100' },
    { min: 1, max: 1000 },
  ),
  MAX_HEADER_BYTES: listenerValue(
    'maxHeaderBytes',
    'all header lines of one request together',
    'bytes',
    { min: 256, max: 1024 * 1024 },
  ),
  HEADERS_TIMEOUT_MS: listenerValue('headersTimeoutMs', 'time for a request’s headers', 'ms', {
    min: 1,
    max: dayMs,
  }),
  REQUEST_TIMEOUT_MS: listenerValue(
    'requestTimeoutMs',
    'time for a whole request to come in, and for a client that stops reading',
    'ms',
    { min: 1, max: dayMs },
  ),
  KEEP_ALIVE_MS: listenerValue(
    'keepAliveMs',
    'time that a connection may idle between requests; 0 for no bound',
    'ms',
    { min: 0, max: dayMs },
  ),
  MAX_CONNECTIONS: listenerValue('maxConnections', 'connections at one time', 'connections', {
    min: 1,
    max: 1_000_000,
  }),
  WORKERS: ignoredValue('accepted for manifests of wasmCloud 0.15 to 0.18, and without effect'),
})

/** Parses the values of a link to the HTTP server. */
export const configSchema: StandardSchema<unknown, HttpServerConfig> = v.pipe(
  values,
  v.transform(
    (given): HttpServerConfig => ({
      addresses: given.BIND.map(({ ip, port }) => ({ ip, port: port ?? given.PORT })),
      host: given.HOST,
      pathPrefix: given.PATH,
      timeoutMs: given.TIMEOUT_MS,
      maxBodyBytes: given.MAX_BODY_BYTES,
      maxHeaders: given.MAX_HEADERS,
      listener: {
        ...(given.MAX_HEADER_BYTES !== undefined && { maxHeaderBytes: given.MAX_HEADER_BYTES }),
        ...(given.HEADERS_TIMEOUT_MS !== undefined && {
          headersTimeoutMs: given.HEADERS_TIMEOUT_MS,
        }),
        ...(given.REQUEST_TIMEOUT_MS !== undefined && {
          requestTimeoutMs: given.REQUEST_TIMEOUT_MS,
        }),
        ...(given.KEEP_ALIVE_MS !== undefined && { keepAliveMs: given.KEEP_ALIVE_MS }),
        ...(given.MAX_CONNECTIONS !== undefined && { maxConnections: given.MAX_CONNECTIONS }),
      },
      workersGiven: given.WORKERS !== undefined,
    }),
  ),
)

/** Not defaulted by the schema: what a link does not say, it leaves to those it shares with. */
function listenerValue(
  setting: keyof ListenerSettings,
  what: string,
  unit: string,
  bounds: { min: number; max: number },
): ReturnType<typeof integerValue> {
  const description = `${what}; ${listenerDefaults[setting]} unless a link of the same address says otherwise`
  return integerValue({ description, unit }, bounds)
}

function parsePathPrefix(text: string): string {
  if (!/^\/[\x21-\x7e]*$/.test(text) || /[?#]|\/\//.test(text)) {
    throw new Error(
      `${JSON.stringify(text)} is not a path prefix; write it as it stands in URLs: / or /api`,
    )
  }
  return text.endsWith('/') ? text.slice(0, -1) : text
}

function parseHostName(text: string): string {
  const name = text.toLowerCase()
  if (!/^[a-z0-9_](?:[a-z0-9_.-]{0,251}[a-z0-9])?$/.test(name)) {
    throw new Error(
      `${JSON.stringify(text)} is not a host name; write it without scheme and port: www.example.com`,
    )
  }
  return name
}
