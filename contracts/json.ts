/**
 * Operations of actors as JSON, for people who call one by hand.
 *
 * Bytes in JSON are text (taken as UTF-8) or `{"base64": "…"}`; in answers they are text wherever
 * they are UTF-8.
 */
import { Buffer, isUtf8 } from 'node:buffer'
import type { Dialect, OperationCodec } from './contract.ts'
import { asContractError, MessageFault, within } from './errors.ts'
import { health } from './health.ts'
import { type HttpRequest, type HttpResponse, httpServer } from './http-server.ts'
import { type BrokerMessage, messaging } from './messaging.ts'
import { noBytes } from './shape.ts'
import { decodeValue, encodeValue } from './value.ts'

/** A payload, and the name that the actor knows its operation by. */
export interface EncodedCall {
  readonly operation: string
  readonly payload: Uint8Array
}

interface JsonOperation {
  readonly codec: OperationCodec
  fromJson(json: unknown): unknown
  toJson(response: unknown): unknown
}

type Properties = Readonly<Record<string, unknown>>

/**
 * A JSON value as the request of an operation.
 *
 * Known operations, by canonical or wire name: `HandleRequest` with `method` (GET), `path` (/, may
 * hold a query), `queryString`, `headers` (an object of text or lists of text) and `body`;
 * `DeliverMessage` with `subject`, `replyTo` and `body`; `HealthRequest`. Everything has a default
 * but `subject`; an unknown property is refused.
 *
 * Any other operation gets the value as MessagePack, nothing at all for `undefined`, or, for
 * `{"base64": "…"}`, those bytes as they are (the only form dialect A takes).
 *
 * @throws ContractError `ERR_MESSAGE_INVALID`
 */
export function encodeJsonRequest(operation: string, json: unknown, dialect: Dialect): EncodedCall {
  try {
    const known = findOperation(operation, dialect)
    if (known !== undefined) {
      return {
        operation: known.codec.wireName,
        payload: known.codec.encodeRequest(known.fromJson(json ?? {})),
      }
    }
    if (json === undefined) return { operation, payload: noBytes }
    const raw = base64Of(json)
    if (raw !== undefined) return { operation, payload: raw }
    if (dialect === 'A') {
      throw new MessageFault('actors of dialect A take protobuf: give it as {"base64": "…"}')
    }
    return { operation, payload: encodeValue(withBytes(json)) }
  } catch (error) {
    throw asContractError(error, undefined, operation)
  }
}

/**
 * An answer as a value that JSON can hold. Answers of operations that no contract describes are
 * read as MessagePack, or shown as bytes if they are not that; empty ones are null.
 *
 * @throws ContractError `ERR_MESSAGE_INVALID` for a wrong answer to a known operation
 */
export function decodeJsonResponse(
  operation: string,
  payload: Uint8Array,
  dialect: Dialect,
): unknown {
  const known = findOperation(operation, dialect)
  if (known !== undefined) return known.toJson(known.codec.decodeResponse(payload))
  if (payload.length === 0) return null
  if (dialect === 'A') return bytesToJson(payload)
  let value: unknown
  try {
    value = decodeValue(payload)
  } catch (error) {
    if (error instanceof MessageFault) return bytesToJson(payload)
    throw error
  }
  return valueToJson(value)
}

const jsonForms: readonly {
  readonly contract: typeof httpServer | typeof messaging | typeof health
  readonly operation: string
  readonly fromJson: (json: unknown) => unknown
  toJson(response: unknown): unknown
}[] = [
  {
    contract: httpServer,
    operation: 'HandleRequest',
    fromJson: httpRequestFromJson,
    toJson: httpResponseToJson,
  },
  {
    contract: messaging,
    operation: 'DeliverMessage',
    fromJson: messageFromJson,
    toJson: () => null,
  },
  {
    contract: health,
    operation: 'HealthRequest',
    fromJson: (json) => propertiesOf(json, []),
    toJson: (response) => response,
  },
]

function findOperation(name: string, dialect: Dialect): JsonOperation | undefined {
  for (const { contract, operation, fromJson, toJson } of jsonForms) {
    const codec = contract.dialect(dialect)?.toActor.get(operation)
    if (codec !== undefined && (name === operation || name === codec.wireName)) {
      return { codec, fromJson, toJson }
    }
  }
  return undefined
}

function httpRequestFromJson(json: unknown): HttpRequest {
  const given = propertiesOf(json, ['method', 'path', 'queryString', 'headers', 'body'])
  const target = textOf(given, 'path', '/')
  const question = target.indexOf('?')
  if (question >= 0 && given['queryString'] !== undefined) {
    throw new MessageFault('given twice: path holds a query too', 'queryString')
  }
  return {
    method: textOf(given, 'method', 'GET'),
    path: question < 0 ? target : target.slice(0, question),
    queryString: question < 0 ? textOf(given, 'queryString', '') : target.slice(question + 1),
    headers: headersFromJson(given['headers'] ?? {}),
    body: bytesOf(given, 'body'),
  }
}

function httpResponseToJson({ statusCode, headers, body }: HttpResponse): unknown {
  const byName = new Map<string, string | string[]>()
  for (let index = 0; index + 1 < headers.length; index += 2) {
    const name = headers[index] as string
    const value = headers[index + 1] as string
    const before = byName.get(name)
    byName.set(name, before === undefined ? value : [before, value].flat())
  }
  return { statusCode, headers: Object.fromEntries(byName), body: bytesToJson(body) }
}

function messageFromJson(json: unknown): BrokerMessage {
  const given = propertiesOf(json, ['subject', 'replyTo', 'body'])
  const subject = textOf(given, 'subject', '')
  if (subject === '') throw new MessageFault('missing', 'subject')
  return { subject, replyTo: textOf(given, 'replyTo', ''), body: bytesOf(given, 'body') }
}

function headersFromJson(json: unknown): readonly string[] {
  const flat: string[] = []
  try {
    for (const [name, value] of Object.entries(asObject(json))) {
      for (const item of [value].flat()) {
        if (typeof item !== 'string') throw new MessageFault('expected text or a list of it', name)
        flat.push(name, item)
      }
    }
  } catch (error) {
    throw within(error, 'headers')
  }
  return flat
}

function propertiesOf(json: unknown, allowed: readonly string[]): Properties {
  const object = asObject(json)
  for (const name of Object.keys(object)) {
    if (!allowed.includes(name)) {
      const known = allowed.length === 0 ? 'there is none' : `known are ${allowed.join(', ')}`
      throw new MessageFault(`an unknown property; ${known}`, name)
    }
  }
  return object
}

function asObject(json: unknown): Properties {
  if (typeof json !== 'object' || json === null || Array.isArray(json)) {
    throw new MessageFault('expected an object')
  }
  return json as Properties
}

function textOf(from: Properties, name: string, fallback: string): string {
  const value = from[name] ?? fallback
  if (typeof value !== 'string') throw new MessageFault('expected text', name)
  return value
}

function bytesOf(from: Properties, name: string): Uint8Array {
  const value = from[name] ?? ''
  const decoded = typeof value === 'string' ? Buffer.from(value, 'utf8') : base64Of(value)
  if (decoded === undefined) throw new MessageFault('expected text or {"base64": "…"}', name)
  return decoded
}

/** The bytes of `{"base64": "…"}`; `undefined` for anything else. */
function base64Of(json: unknown): Uint8Array | undefined {
  if (typeof json !== 'object' || json === null) return undefined
  const [entry, ...others] = Object.entries(json)
  if (entry === undefined || others.length > 0 || entry[0] !== 'base64') return undefined
  const encoded: unknown = entry[1]
  if (typeof encoded !== 'string' || !/^[A-Za-z0-9+/]*={0,2}$/.test(encoded)) {
    throw new MessageFault('not base64', 'base64')
  }
  return Buffer.from(encoded, 'base64')
}

/** JSON with its `{"base64": "…"}` turned into bytes. */
function withBytes(json: unknown): unknown {
  if (Array.isArray(json)) return json.map(withBytes)
  if (typeof json !== 'object' || json === null) return json
  return (
    base64Of(json) ??
    Object.fromEntries(Object.entries(json).map(([key, value]) => [key, withBytes(value)]))
  )
}

function bytesToJson(value: Uint8Array): unknown {
  const buffer = Buffer.from(value.buffer, value.byteOffset, value.byteLength)
  return isUtf8(buffer) ? buffer.toString('utf8') : { base64: buffer.toString('base64') }
}

function valueToJson(value: unknown): unknown {
  if (value instanceof Uint8Array) return bytesToJson(value)
  if (typeof value === 'bigint') {
    return Number.isSafeInteger(Number(value)) ? Number(value) : value.toString()
  }
  // JSON has no word for these two, and would make null of them.
  if (typeof value === 'number' && !Number.isFinite(value)) return String(value)
  if (Array.isArray(value)) return value.map(valueToJson)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, valueToJson(item)]))
}
