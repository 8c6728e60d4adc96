/** What the codecs of the HTTP path cost, against the general MessagePack library on the same messages. */
import { Decoder, Encoder } from '@msgpack/msgpack'
import { type HttpRequest, type HttpResponse, httpServer } from '../contracts/index.ts'

export interface CodecRow {
  readonly name: string
  /** Nanoseconds for one message, ours. The best of several rounds, here and below. */
  readonly oursNs: number
  /** The same with `@msgpack/msgpack`, from and to the same typed values. */
  readonly libraryNs: number
  /** Times that ours is faster. */
  readonly ratio: number
}

const body = new Uint8Array(0)
/** What a browser sends. */
const browserHeaders: readonly string[] = Object.entries({
  Host: '127.0.0.1:8080',
  Connection: 'keep-alive',
  'Cache-Control': 'max-age=0',
  'Upgrade-Insecure-Requests': '1',
  'Accept-Language': 'en-GB,en;q=0.9',
  'User-Agent': 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko)',
  Accept: 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8',
  'Accept-Encoding': 'gzip, deflate, br',
  Cookie: 'session=0123456789abcdef',
}).flat()
/** What a load generator sends. */
const plainHeaders: readonly string[] = ['host', '127.0.0.1:8080', 'connection', 'keep-alive']

const requests: readonly (readonly [string, HttpRequest])[] = [
  ['request, 2 headers', requestOf(plainHeaders, body)],
  ['request, 9 headers', requestOf(browserHeaders, body)],
  ['request, 9 headers, 16 KiB body', requestOf(browserHeaders, new Uint8Array(16_384))],
]

const responses: readonly (readonly [string, HttpResponse])[] = [
  ['response, no headers', responseOf([])],
  [
    'response, 3 headers',
    responseOf(['content-type', 'application/json', 'etag', '"1"', 'vary', 'accept']),
  ],
]

function requestOf(headers: readonly string[], content: Uint8Array): HttpRequest {
  return { method: 'GET', path: '/visits', queryString: 'a=1', headers, body: content }
}

function responseOf(headers: readonly string[]): HttpResponse {
  return { statusCode: 200, headers, body: new TextEncoder().encode('{"counter":42}') }
}

/** The codecs of dialect C. Takes about two seconds. */
export function benchCodec(): CodecRow[] {
  const codec = httpServer.dialect('C')?.toActor.get('HandleRequest')
  if (codec === undefined) throw new Error('dialect C has no HandleRequest')
  const encoder = new Encoder()
  const decoder = new Decoder()
  return [
    ...requests.map(([name, request]) =>
      row(
        `encode ${name}`,
        () => codec.encodeRequest(request),
        () => encoder.encode(plainRequest(request)),
      ),
    ),
    ...responses.map(([name, response]) => {
      const bytes = codec.encodeResponse(response)
      return row(
        `decode ${name}`,
        () => codec.decodeResponse(bytes),
        () => typedResponse(decoder.decode(bytes) as PlainResponse),
      )
    }),
  ]
}

function plainRequest({ headers, ...rest }: HttpRequest): unknown {
  const header: Record<string, string> = {}
  for (let index = 0; index + 1 < headers.length; index += 2) {
    header[(headers[index] as string).toLowerCase()] = headers[index + 1] as string
  }
  return {
    method: rest.method,
    path: rest.path,
    queryString: rest.queryString,
    header,
    body: rest.body,
  }
}

interface PlainResponse {
  readonly statusCode: number
  readonly header: Record<string, string>
  readonly body: Uint8Array
}

function typedResponse({ statusCode, header, body: content }: PlainResponse): HttpResponse {
  return { statusCode, headers: Object.entries(header).flat(), body: content }
}

function row(name: string, ours: () => unknown, library: () => unknown): CodecRow {
  const oursNs = nanoseconds(ours)
  const libraryNs = nanoseconds(library)
  return { name, oursNs, libraryNs, ratio: libraryNs / oursNs }
}

/** Results are kept where the compiler cannot prove that nobody looks. */
let sink: unknown

function nanoseconds(run: () => unknown): number {
  const rounds = 7
  const times = 30_000
  let best = Infinity
  for (let round = 0; round < rounds; round++) {
    const start = process.hrtime.bigint()
    for (let time = 0; time < times; time++) sink = run()
    best = Math.min(best, Number(process.hrtime.bigint() - start) / times)
  }
  if (sink === undefined) throw new Error('nothing was measured')
  return best
}
