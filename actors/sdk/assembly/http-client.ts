import { begin, send, settle } from './host-call'
import { Reader } from './reader'
import { Result } from './result'
import { decodeUtf8 } from './utf8'
import { Writer } from './writer'

/** A client of `wascc:http_client`: HTTP requests to the servers that the actor's link allows. */
export class HttpClient {
  /** @param link which of the actor's links to an HTTP client */
  constructor(private readonly link: string = 'default') {}

  /** The answer to a GET. Whatever status it has, it is an answer. */
  get(url: string): Result<ServerResponse> {
    return this.send(new ClientRequest('GET', url))
  }

  /** The answer to a POST of text. */
  post(url: string, body: string, contentType: string): Result<ServerResponse> {
    return this.send(new ClientRequest('POST', url).header('content-type', contentType).text(body))
  }

  /** The answer to any request. */
  send(request: ClientRequest): Result<ServerResponse> {
    request.write(begin(this.link, 'wascc:http_client', 'PerformRequest'))
    return settle<ServerResponse>(readResponse(send()))
  }
}

/** A request to a server. */
export class ClientRequest {
  private headers: string[] = []
  private words: string = ''
  private content: Uint8Array | null = null

  /** @param url the whole of it, such as `https://api.example.com/v1?q=1` */
  constructor(
    private readonly method: string,
    private readonly url: string,
  ) {}

  /** Adds a header. A name may be given once. */
  header(name: string, value: string): ClientRequest {
    this.headers.push(name)
    this.headers.push(value)
    return this
  }

  /** Sets a body of text. */
  text(body: string): ClientRequest {
    this.words = body
    this.content = null
    return this
  }

  /** Sets a body of bytes. */
  bytes(body: Uint8Array): ClientRequest {
    this.content = body
    return this
  }

  write(to: Writer): void {
    to.map(5)
    to.string('method')
    to.string(this.method)
    to.string('path')
    to.string(this.url)
    to.string('queryString')
    to.string('')
    to.string('header')
    const headers = this.headers
    to.map(headers.length >> 1)
    for (let i = 0; i < headers.length; i++) to.string(headers[i])
    to.string('body')
    const content = this.content
    if (content !== null) to.bytes(content)
    else to.binaryText(this.words)
  }
}

/** What a server answered. */
export class ServerResponse {
  private headers: string[] = []

  constructor(
    public readonly statusCode: u32,
    public readonly body: Uint8Array,
  ) {}

  /** True for 200 to 299. */
  get ok(): bool {
    return this.statusCode - 200 < 100
  }

  /** The body as text; where it is not UTF-8, U+FFFD alone. */
  get text(): string {
    return decodeUtf8(this.body.dataStart, this.body.length)
  }

  /** The value of a header, its name in lower case, or null. Several values are joined by commas. */
  header(name: string): string | null {
    const headers = this.headers
    for (let i = 0; i < headers.length; i += 2) {
      if (headers[i] == name) return headers[i + 1]
    }
    return null
  }

  /** Reads name after value into the headers. */
  readHeaders(from: Reader): void {
    if (from.skipNil()) return
    const count = from.map()
    for (let i = 0; i < count * 2 && !from.failed; i++) this.headers.push(from.string())
  }
}

function readResponse(reply: Reader): ServerResponse {
  reply.field('statusCode')
  const statusCode = reply.u32()
  reply.field('body')
  const response = new ServerResponse(statusCode, reply.bytes())
  reply.field('header')
  response.readHeaders(reply)
  return response
}
