import { register } from './guest'
import { writeJsonString } from './json'
import { Literal } from './literal'
import { Reader } from './reader'
import { decodeUtf8, equalsAscii, equalsAsciiIgnoringCase } from './utf8'
import { Writer } from './writer'

const METHOD = new Literal('method')
const PATH = new Literal('path')
const QUERY_STRING = new Literal('queryString')
const HEADER = new Literal('header')
const BODY = new Literal('body')
/** `{"statusCode":200,"status":"OK","header":` as MessagePack. */
const OK_HEAD = memory.data<u8>([
  0x84, 0xaa, 0x73, 0x74, 0x61, 0x74, 0x75, 0x73, 0x43, 0x6f, 0x64, 0x65, 0xcc, 0xc8, 0xa6, 0x73,
  0x74, 0x61, 0x74, 0x75, 0x73, 0xa2, 0x4f, 0x4b, 0xa6, 0x68, 0x65, 0x61, 0x64, 0x65, 0x72,
])

/**
 * An HTTP request, read where it lies: what is not asked for is not decoded.
 *
 * There is one, used again for each call: keep what you take from it, not the request.
 */
@unmanaged
export class HttpRequest {
  private methodStart: usize = 0
  private methodLength: i32 = 0
  private pathStart: usize = 0
  private pathLength: i32 = 0
  private queryStart: usize = 0
  private queryLength: i32 = 0
  private headerStart: usize = 0
  private headerCount: i32 = 0
  private headerBytes: i32 = 0

  /** Where the body is in memory. */
  bodyStart: usize = 0
  /** How many bytes it has. */
  bodyLength: i32 = 0

  /** Such as `GET`. */
  get method(): string {
    return decodeUtf8(this.methodStart, this.methodLength)
  }

  /** Begins with `/`, and has no query. */
  get path(): string {
    return decodeUtf8(this.pathStart, this.pathLength)
  }

  /** What stands behind the question mark, or an empty text. */
  get queryString(): string {
    return decodeUtf8(this.queryStart, this.queryLength)
  }

  /** A copy of the body. */
  get body(): Uint8Array {
    const copy = new Uint8Array(this.bodyLength)
    memory.copy(copy.dataStart, this.bodyStart, this.bodyLength)
    return copy
  }

  /** The body as text; where it is not UTF-8, U+FFFD alone. */
  get text(): string {
    return decodeUtf8(this.bodyStart, this.bodyLength)
  }

  /** As `method == text`, decoding nothing. */
  methodIs(text: string): bool {
    return equalsAscii(this.methodStart, this.methodLength, text)
  }

  /** As `path == text`, decoding nothing. */
  pathIs(text: string): bool {
    return equalsAscii(this.pathStart, this.pathLength, text)
  }

  /** A header's value, or null. Letter case of the name does not matter. */
  header(name: string): string | null {
    if (!this.findHeader(name)) return null
    return decodeUtf8(scratch.contentStart, scratch.contentLength)
  }

  /** Writes a header's value as a MessagePack text, decoding nothing; false where there is none. */
  writeHeader(to: Writer, name: string): bool {
    if (!this.findHeader(name)) return false
    to.utf8(scratch.contentStart, scratch.contentLength)
    return true
  }

  /** The value of a query parameter as it is on the wire (not decoded), or null. */
  query(name: string): string | null {
    const pairs = this.queryString.split('&')
    for (let i = 0; i < pairs.length; i++) {
      const pair = pairs[i]
      const equals = pair.indexOf('=')
      if (equals < 0 ? pair == name : pair.slice(0, equals) == name) {
        return equals < 0 ? '' : pair.slice(equals + 1)
      }
    }
    return null
  }

  /** Writes the method as a JSON string, decoding nothing. */
  writeMethod(to: Writer): void {
    writeJsonString(to, this.methodStart, this.methodLength)
  }

  /** Writes the path as a JSON string, decoding nothing. */
  writePath(to: Writer): void {
    writeJsonString(to, this.pathStart, this.pathLength)
  }

  /** Writes the query as a JSON string, decoding nothing. */
  writeQueryString(to: Writer): void {
    writeJsonString(to, this.queryStart, this.queryLength)
  }

  /** Reads a request of `wascc:http_server`, and notes where its parts are. */
  read(from: Reader): void {
    this.methodStart = 0
    this.pathStart = 0
    this.queryStart = 0
    this.headerCount = 0
    this.headerBytes = 0
    this.bodyStart = from.position
    this.bodyLength = 0
    const size = from.map()
    for (let i = 0; i < size && !from.failed; i++) {
      from.text()
      if (from.contentIs(METHOD)) {
        from.text()
        this.methodStart = from.contentStart
        this.methodLength = from.contentLength
      } else if (from.contentIs(PATH)) {
        from.text()
        this.pathStart = from.contentStart
        this.pathLength = from.contentLength
      } else if (from.contentIs(QUERY_STRING)) {
        from.text()
        this.queryStart = from.contentStart
        this.queryLength = from.contentLength
      } else if (from.contentIs(HEADER)) this.readHeader(from)
      else if (from.contentIs(BODY)) {
        if (from.skipNil()) continue
        from.binary()
        this.bodyStart = from.contentStart
        this.bodyLength = from.contentLength
      } else from.skip()
    }
    if (!this.methodStart) from.fail('no field "method"')
    if (!this.pathStart) from.fail('no field "path"')
    if (!this.queryStart) from.fail('no field "queryString"')
  }

  /** Leaves a header's value in the scratch reader. */
  private findHeader(name: string): bool {
    scratch.reset(this.headerStart, this.headerBytes)
    for (let i = 0; i < this.headerCount; i++) {
      scratch.text()
      const found = equalsAsciiIgnoringCase(scratch.contentStart, scratch.contentLength, name)
      scratch.text()
      if (found) return true
    }
    return false
  }

  private readHeader(from: Reader): void {
    this.headerCount = 0
    if (from.skipNil()) return
    const count = from.map()
    this.headerStart = from.position
    for (let i = 0; i < count && !from.failed; i++) {
      from.text()
      from.text()
    }
    this.headerCount = count
    this.headerBytes = <i32>(from.position - this.headerStart)
  }
}

/** An HTTP response. Make one with {@link HttpResponse.text} and the like. */
export class HttpResponse {
  private headers: string[] = []
  private content: Uint8Array | null = null

  constructor(
    public statusCode: u32 = 200,
    private body: string = '',
  ) {}

  static text(body: string, statusCode: u32 = 200): HttpResponse {
    return new HttpResponse(statusCode, body).header('content-type', 'text/plain; charset=utf-8')
  }

  /** @param body JSON already; {@link quoteJson} helps to make it */
  static json(body: string, statusCode: u32 = 200): HttpResponse {
    return new HttpResponse(statusCode, body).header('content-type', 'application/json')
  }

  static bytes(body: Uint8Array, contentType: string, statusCode: u32 = 200): HttpResponse {
    const response = new HttpResponse(statusCode).header('content-type', contentType)
    response.content = body
    return response
  }

  /** Adds a header. */
  header(name: string, value: string): HttpResponse {
    this.headers.push(name)
    this.headers.push(value)
    return this
  }

  write(to: Writer): void {
    const headers = this.headers
    beginHttpResponse(to, this.statusCode, headers.length >> 1)
    for (let i = 0; i < headers.length; i++) to.string(headers[i])
    beginHttpBody(to)
    const content = this.content
    if (content !== null) to.bytes(content)
    else to.binaryText(this.body)
  }
}

/**
 * Writes a response up to its headers, for handlers that make no {@link HttpResponse}. Then write
 * `headers` names and values, {@link beginHttpBody}, and the body as bytes.
 */
export function beginHttpResponse(to: Writer, statusCode: u32, headers: i32): void {
  if (statusCode == 200) to.raw(OK_HEAD, 31)
  else {
    to.map(4)
    to.string('statusCode')
    to.uint(statusCode)
    to.string('status')
    // No host shows this text to anyone, but the message has a place for it.
    to.string('')
    to.literal(HEADER)
  }
  to.map(headers)
}

/** Goes on to the body of a response that {@link beginHttpResponse} began. */
export function beginHttpBody(to: Writer): void {
  to.literal(BODY)
}

const scratch = new Reader()
const received = new HttpRequest()
let handler: ((request: HttpRequest) => HttpResponse) | null = null

/** Has `fn` answer HTTP requests. Call it once, at the top level of the actor's entry file. */
export function handleRequest(fn: (request: HttpRequest) => HttpResponse): void {
  handler = fn
  register('HandleRequest', answer)
}

function answer(request: Reader, response: Writer): void {
  received.read(request)
  const answering = handler
  if (!request.failed && answering !== null) answering(received).write(response)
}
