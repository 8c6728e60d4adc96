/** The health check that the host itself asks of an actor. No claim grants it, so it has no id. */
import {
  asArray,
  asMap,
  asProtobuf,
  type Body,
  contractOf,
  dialectOf,
  operationsOf,
} from './codec.ts'
import type { Contract, ContractDialect, NoContent, NoOperations } from './contract.ts'
import { bool, type MessageShape, struct, text } from './shape.ts'

/** What an actor says of itself. One that answers without an error is healthy. */
export interface HealthResponse {
  readonly healthy: boolean
  /** Empty if there is nothing to say; dialects before D cannot say anything. */
  readonly message: string
}

/** What the host asks of an actor. */
export type HealthToActor = {
  HealthRequest: { request: NoContent; response: HealthResponse }
}

/** A request that says nothing. */
export interface Placeholder {
  readonly placeholder: boolean
}

/** The one field of requests that say nothing. */
export const placeholder: MessageShape<Placeholder> = struct<Placeholder>({
  placeholder: { shape: bool, absent: false },
})
const nothingAsked = struct<NoContent>({})

/** A request that says nothing: wasmCloud set its field, waSCC did not. */
export function asking(body: Body<Placeholder>, value: boolean): Body<NoContent> {
  return {
    encode: () => body.encode({ placeholder: value }),
    decode: (payload) => {
      body.decode(payload)
      return {}
    },
  }
}

const answered: Body<HealthResponse> = {
  encode: () => Uint8Array.of(0xc0),
  decode: () => ({ healthy: true, message: '' }),
}

const answeredEmpty: Body<HealthResponse> = { ...answered, encode: () => new Uint8Array(0) }

/** A struct, or nothing at all from actors that had nothing to add. */
function saying(omitEmpty: boolean): Body<HealthResponse> {
  const body = asMap(
    struct<HealthResponse>({
      healthy: { shape: bool },
      message: { shape: text, absent: '', ...(omitEmpty ? { omit: '' } : {}) },
    }),
  )
  return {
    encode: body.encode,
    decode: (payload) => {
      const isNothing = payload.length === 0 || payload[0] === 0xc0
      return isNothing ? answered.decode(payload) : body.decode(payload)
    },
  }
}

function dialect(
  wireName: string,
  request: Body<NoContent>,
  response: Body<HealthResponse>,
): ContractDialect {
  const operation = operationsOf<HealthToActor>('health')
  return dialectOf('health', [], [operation('HealthRequest', wireName, request, response)])
}

/** Is the actor well? The host may ask any actor. */
export const health: Contract<NoOperations, HealthToActor> = contractOf('health', [], {
  A: dialect('HealthRequest', asking(asProtobuf(placeholder), false), answeredEmpty),
  B: dialect('HealthRequest', asking(asArray(placeholder), false), answeredEmpty),
  C: dialect('HealthRequest', asking(asMap(placeholder), false), answered),
  D: dialect('HealthRequest', asking(asMap(placeholder), true), saying(false)),
  E: dialect('Actor.HealthRequest', asMap(nothingAsked), saying(true)),
})
