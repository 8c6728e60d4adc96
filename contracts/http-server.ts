/** HTTP server contract: `wascc:http_server`, `wasmcloud:httpserver`. */
import { STATUS_CODES } from 'node:http'
import {
  asArray,
  asMap,
  asProtobuf,
  type Body,
  contractOf,
  dialectOf,
  mapWriter,
  operationsOf,
} from './codec.ts'
import type { Contract, ContractDialect, NoOperations } from './contract.ts'
import { within } from './errors.ts'
import { headerLists, headerMap, readHeaders } from './http-headers.ts'
import { Reader } from './msgpack-reader.ts'
import {
  bytes,
  encodedText,
  integer,
  type MessageShape,
  noBytes,
  type Shape,
  struct,
  text,
} from './shape.ts'

/** A request as the HTTP server hands it to an actor. */
export interface HttpRequest {
  /** Upper case: `GET`. */
  readonly method: string
  /** Without the query: `/visits`. */
  readonly path: string
  /** What follows the question mark, not decoded; empty if there is none. */
  readonly queryString: string
  /**
   * Name, value, name, value … as node's `rawHeaders` has them. Actors get names in lower case;
   * dialects before E get one value a name, the last one, and several `cookie` joined by `; `.
   */
  readonly headers: readonly string[]
  /** Empty if there is none. */
  readonly body: Uint8Array
}

/** What an actor answers, and what a server answered an actor. */
export interface HttpResponse {
  /** 100 to 999. */
  readonly statusCode: number
  /** Name, value, name, value … with names as they were written; not checked any further. */
  readonly headers: readonly string[]
  /** Empty if there is none. */
  readonly body: Uint8Array
}

/** What the provider asks of an actor. */
export type HttpServerToActor = {
  HandleRequest: { request: HttpRequest; response: HttpResponse }
}

const statusCode = integer(100, 999)

function requestShape(headers: Shape<readonly string[]>): MessageShape<HttpRequest> {
  return struct<HttpRequest>({
    method: { shape: text },
    path: { shape: text },
    queryString: { shape: text },
    headers: { shape: headers, key: 'header', absent: [] },
    body: { shape: bytes, absent: noBytes },
  })
}

/** A response as dialects before E write it. */
export interface ResponseWithStatus extends HttpResponse {
  /** The words of the status line. Actors write them, nobody reads them. */
  readonly status: string
}

/** With the status text that dialects before E write. */
export function responseWithStatus(
  headers: Shape<readonly string[]>,
): MessageShape<ResponseWithStatus> {
  return struct<ResponseWithStatus>({
    statusCode: { shape: statusCode },
    status: { shape: text, absent: '' },
    headers: { shape: headers, key: 'header', absent: [] },
    body: { shape: bytes, absent: noBytes },
  })
}

/** As dialect E has it. */
export const responseWithLists: MessageShape<HttpResponse> = struct<HttpResponse>({
  statusCode: { shape: statusCode },
  headers: { shape: headerLists, key: 'header', absent: [] },
  body: { shape: bytes, absent: noBytes },
})

/** The status text is written as the code has it, and not read. */
export function withoutStatus(body: Body<ResponseWithStatus>): Body<HttpResponse> {
  return {
    encode: (response) =>
      body.encode({ ...response, status: STATUS_CODES[response.statusCode] ?? '' }),
    decode: (payload) => {
      const { statusCode, headers, body: content } = body.decode(payload)
      return { statusCode, headers, body: content }
    },
  }
}

const keys = {
  method: encodedText('method'),
  path: encodedText('path'),
  queryString: encodedText('queryString'),
  header: encodedText('header'),
  body: encodedText('body'),
  statusCode: encodedText('statusCode'),
  status: encodedText('status'),
}

/** Without short cuts, for tests to hold the short cuts against. */
export const plainRequest: Body<HttpRequest> = asMap(requestShape(headerMap))
/** As {@link plainRequest}. */
export const plainResponse: Body<HttpResponse> = withoutStatus(asMap(responseWithStatus(headerMap)))

/** The same bytes as `asMap(requestShape(headers))`, on the way that every HTTP request takes. */
function fastRequest(headers: Shape<readonly string[]>): Body<HttpRequest> {
  return {
    encode: (request) => {
      const writer = mapWriter
      writer.start()
      writer.map(5)
      writer.raw(keys.method)
      writer.text(request.method)
      writer.raw(keys.path)
      writer.text(request.path)
      writer.raw(keys.queryString)
      writer.text(request.queryString)
      writer.raw(keys.header)
      headers.write(writer, request.headers)
      writer.raw(keys.body)
      writer.bytes(request.body)
      return writer.finish()
    },
    decode: asMap(requestShape(headers)).decode,
  }
}

/**
 * The same value as the shape gives, for responses whose keys come in the order that every SDK
 * writes; the shape reads the others.
 */
function fastResponse(slow: Body<HttpResponse>): Body<HttpResponse> {
  return {
    encode: slow.encode,
    decode: (payload) => {
      const reader = new Reader(payload)
      if (reader.atArray()) return slow.decode(payload)
      const count = reader.map()
      if (!reader.matches(keys.statusCode)) return slow.decode(payload)
      let read = 0
      let status = 0
      let headers: readonly string[] = []
      let body = noBytes
      let field = 'statusCode'
      try {
        status = statusCode.read(reader)
        read++
        if (reader.matches(keys.status)) {
          field = 'status'
          if (!reader.nil()) reader.text()
          read++
        }
        if (reader.matches(keys.header)) {
          field = 'headers'
          if (!reader.nil()) headers = readHeaders(reader)
          read++
        }
        if (reader.matches(keys.body)) {
          field = 'body'
          if (!reader.nil()) body = reader.bytes()
          read++
        }
      } catch (error) {
        throw within(error, field)
      }
      if (read !== count) return slow.decode(payload)
      reader.finish()
      return { statusCode: status, headers, body }
    },
  }
}

function dialect(
  contractId: string,
  wireName: string,
  request: Body<HttpRequest>,
  response: Body<HttpResponse>,
): ContractDialect {
  const operation = operationsOf<HttpServerToActor>(contractId)
  return dialectOf(contractId, [], [operation('HandleRequest', wireName, request, response)])
}

const request = requestShape(headerMap)
const response = fastResponse(plainResponse)

/** HTTP requests to actors. An actor asks nothing of this provider. */
export const httpServer: Contract<NoOperations, HttpServerToActor> = contractOf(
  'http_server',
  ['wascc:http_server', 'wasmcloud:httpserver'],
  {
    A: dialect(
      'wascc:http_server',
      'HandleRequest',
      asProtobuf(request),
      withoutStatus(asProtobuf(responseWithStatus(headerMap))),
    ),
    B: dialect(
      'wascc:http_server',
      'HandleRequest',
      asArray(request),
      withoutStatus(asArray(responseWithStatus(headerMap))),
    ),
    C: dialect('wascc:http_server', 'HandleRequest', fastRequest(headerMap), response),
    D: dialect('wasmcloud:httpserver', 'HandleRequest', fastRequest(headerMap), response),
    E: dialect(
      'wasmcloud:httpserver',
      'HttpServer.HandleRequest',
      fastRequest(headerLists),
      fastResponse(asMap(responseWithLists)),
    ),
  },
)
