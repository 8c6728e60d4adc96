/** What of an HTTP request a test cares about. */
export interface RequestFacts {
  readonly method?: string
  readonly path?: string
  readonly queryString?: string
  readonly header?: Readonly<Record<string, string>>
  readonly body?: string
}

/** An HTTP request as waSCC 0.6 to 0.14 sent it: a map of five, keys in this order. */
export function httpRequestBytes(facts: RequestFacts = {}): Uint8Array {
  const headers = Object.entries(facts.header ?? {})
  return Buffer.concat([
    Buffer.from([0x85]),
    ...['method', facts.method ?? 'GET', 'path', facts.path ?? '/'].map(text),
    ...['queryString', facts.queryString ?? '', 'header'].map(text),
    Buffer.from([0x80 | headers.length]),
    ...headers.flat().map(text),
    text('body'),
    binary(facts.body ?? ''),
  ])
}

/** An HTTP response as actors of that time sent it. */
export function httpResponseHex(
  statusCode: number,
  header: Readonly<Record<string, string>>,
  body: string,
): string {
  const headers = Object.entries(header)
  const code = statusCode < 256 ? [0xcc, statusCode] : [0xcd, statusCode >> 8, statusCode & 0xff]
  return Buffer.concat([
    Buffer.from([0x84]),
    text('statusCode'),
    Buffer.from(code),
    ...['status', statusCode === 200 ? 'OK' : '', 'header'].map(text),
    Buffer.from([0x80 | headers.length]),
    ...headers.flat().map(text),
    text('body'),
    binary(body),
  ]).toString('hex')
}

function text(value: string): Buffer {
  const bytes = Buffer.from(value)
  const head = bytes.length < 32 ? [0xa0 | bytes.length] : [0xd9, bytes.length]
  return Buffer.concat([Buffer.from(head), bytes])
}

function binary(value: string): Buffer {
  const bytes = Buffer.from(value)
  const { length } = bytes
  const head = length < 256 ? [0xc4, length] : [0xc5, length >> 8, length & 0xff]
  return Buffer.concat([Buffer.from(head), bytes])
}
