/** HTTP client contract: `wascc:http_client`, `wasmcloud:httpclient`. */
import {
  asArray,
  asMap,
  asProtobuf,
  type Body,
  contractOf,
  dialectOf,
  operationsOf,
} from './codec.ts'
import type { Contract, ContractDialect, NoOperations } from './contract.ts'
import { headerLists, headerMap, joinedHeaderMap } from './http-headers.ts'
import {
  type HttpResponse,
  responseWithLists,
  responseWithStatus,
  withoutStatus,
} from './http-server.ts'
import { bytes, type MessageShape, noBytes, type Shape, struct, text } from './shape.ts'

/** A request that an actor has made for it. */
export interface HttpClientRequest {
  /** As the actor wrote it: `GET`. */
  readonly method: string
  /** The whole of it, as the actor wrote it; not checked any further. */
  readonly url: string
  /** Name, value, name, value … as the actor wrote them; not checked any further. */
  readonly headers: readonly string[]
  /** Empty if there is none. */
  readonly body: Uint8Array
}

/** What actors ask of an HTTP client. */
export type HttpClientToProvider = {
  /**
   * Whatever status the server answers with is an answer. Actors get header names in lower case;
   * those before dialect E get several values of one name joined by `, `.
   */
  PerformRequest: { request: HttpClientRequest; response: HttpResponse }
}

interface RequestByPath {
  readonly method: string
  /** The URL. */
  readonly path: string
  readonly queryString: string
  readonly headers: readonly string[]
  readonly body: Uint8Array
}

/** Up to dialect C there is one request struct for both directions, and its path holds the URL. */
const requestByPath = struct<RequestByPath>({
  method: { shape: text },
  path: { shape: text },
  queryString: { shape: text, absent: '' },
  headers: { shape: headerMap, key: 'header', absent: [] },
  body: { shape: bytes, absent: noBytes },
})

function requestByUrl(headers: Shape<readonly string[]>): MessageShape<HttpClientRequest> {
  return struct<HttpClientRequest>({
    method: { shape: text, absent: 'GET' },
    url: { shape: text },
    headers: { shape: headers, absent: [] },
    body: { shape: bytes, absent: noBytes },
  })
}

function asUrl(body: Body<RequestByPath>): Body<HttpClientRequest> {
  return {
    encode: ({ url, ...rest }) => body.encode({ ...rest, path: url, queryString: '' }),
    decode: (payload) => {
      const { path, queryString, ...rest } = body.decode(payload)
      return { ...rest, url: withQuery(path, queryString) }
    },
  }
}

/** A URL with a query that was given apart from it. What follows `#` is never sent, and falls away. */
function withQuery(url: string, queryString: string): string {
  const query = queryString.startsWith('?') ? queryString.slice(1) : queryString
  if (query === '') return url
  const [address = ''] = url.split('#', 1)
  return `${address}${address.includes('?') ? '&' : '?'}${query}`
}

function dialect(
  contractId: string,
  wireName: string,
  request: Body<HttpClientRequest>,
  response: Body<HttpResponse>,
): ContractDialect {
  const operation = operationsOf<HttpClientToProvider>(contractId)
  return dialectOf(contractId, [operation('PerformRequest', wireName, request, response)], [])
}

const response = responseWithStatus(joinedHeaderMap)
const waScc = 'wascc:http_client'
const wasmCloud = 'wasmcloud:httpclient'

/** HTTP requests of actors to servers. */
export const httpClient: Contract<HttpClientToProvider, NoOperations> = contractOf(
  'http_client',
  [waScc, wasmCloud],
  {
    A: dialect(
      waScc,
      'PerformRequest',
      asUrl(asProtobuf(requestByPath)),
      withoutStatus(asProtobuf(response)),
    ),
    B: dialect(
      waScc,
      'PerformRequest',
      asUrl(asArray(requestByPath)),
      withoutStatus(asArray(response)),
    ),
    C: dialect(
      waScc,
      'PerformRequest',
      asUrl(asMap(requestByPath)),
      withoutStatus(asMap(response)),
    ),
    D: dialect(
      wasmCloud,
      'Request',
      asMap(requestByUrl(headerMap)),
      withoutStatus(asMap(response)),
    ),
    E: dialect(
      wasmCloud,
      'HttpClient.Request',
      asMap(requestByUrl(headerLists)),
      asMap(responseWithLists),
    ),
  },
)
