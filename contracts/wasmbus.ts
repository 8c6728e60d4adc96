/**
 * The messages that wasmCloud's hosts and capability providers send each other ("wasmbus"), as its
 * OTP hosts of 2021 to 2023 wrote them: MessagePack, structs as maps, names in snake case. They say
 * who calls what; what is asked and answered is bytes in them.
 *
 * @see the Smithy models wasmcloud-core of those years, for names, order and what may be missing
 */
import { createHash } from 'node:crypto'
import { asMap } from './codec.ts'
import { asContractError, MessageFault, within } from './errors.ts'
import { bool, bytes, noBytes, type Shape, struct, text, uint64 } from './shape.ts'

/** Who calls, or is called: an actor, or a provider by one of its links. */
export interface WasmbusEntity {
  /** `M…` of an actor, `V…` of a provider. */
  readonly publicKey: string
  /** Empty for an actor. */
  readonly contractId: string
  /** Empty for an actor. */
  readonly linkName: string
}

/** A call of an operation. */
export interface Invocation {
  readonly origin: WasmbusEntity
  readonly target: WasmbusEntity
  readonly operation: string
  /** What the operation is asked. Empty also where it was too large and travels apart. */
  readonly msg: Uint8Array
  /** A UUID. */
  readonly id: string
  /** The token that the calling host signed; empty between a host and its own provider. */
  readonly encodedClaims: string
  /** `N…` of the calling host. */
  readonly hostId: string
  /** Bytes of the whole message, `null` from those who do not say. */
  readonly contentLength: number | null
  /** W3C trace context such as `traceparent`, `null` if there is none. */
  readonly traceContext: Readonly<Record<string, string>> | null
}

/** The answer to an {@link Invocation}. */
export interface InvocationResponse {
  readonly msg: Uint8Array
  readonly invocationId: string
  /** Why it failed; `null` if it did not. */
  readonly error: string | null
  /** Bytes of the whole message, `null` from those who do not say. */
  readonly contentLength: number | null
}

/** A link, as providers are told of it: on `…linkdefs.put` and `…linkdefs.del`. */
export interface WasmbusLinkDefinition {
  /** Told apart by it from others of the same actor and name; empty from hosts that give none. */
  readonly id: string
  readonly actorId: string
  readonly providerId: string
  readonly linkName: string
  readonly contractId: string
  readonly values: Readonly<Record<string, string>>
}

/** How a provider is, on `…health`. */
export interface HealthCheckResponse {
  readonly healthy: boolean
  /** `null` if there is nothing to say. */
  readonly message: string | null
}

/** Writes and reads one kind of message. Both throw ContractError `ERR_MESSAGE_INVALID`. */
export interface MessageCodec<Message> {
  encode(message: Message): Uint8Array
  /** Byte fields of the result are views of `bytes`. */
  decode(bytes: Uint8Array): Message
}

/** Texts by name. Names are free, so that none may be one that objects have anyway. */
export const textMap: Shape<Readonly<Record<string, string>>> = {
  write: (writer, value) => {
    const entries = Object.entries(value)
    writer.map(entries.length)
    for (const [name, item] of entries) {
      writer.text(name)
      text.write(writer, item)
    }
  },
  read: (reader) => {
    const result: Record<string, string> = {}
    for (let left = reader.map(); left > 0; left--) {
      const name = reader.text()
      if (name === '__proto__' || Object.hasOwn(result, name))
        throw new MessageFault('a name that may not be, or twice', name)
      try {
        result[name] = reader.text()
      } catch (error) {
        throw within(error, name)
      }
    }
    return result
  },
  protobuf: undefined as never, // dialect A knows none of these messages
}

/** A value that may be nil. Field by field `absent: null` says that it may be missing as well. */
function optional<T>(shape: Shape<T>): Shape<T | null> {
  return {
    write: (writer, value) => (value === null ? writer.nil() : shape.write(writer, value)),
    read: (reader) => (reader.nil() ? null : shape.read(reader)),
    protobuf: undefined as never,
  }
}

const plainEntity = struct<WasmbusEntity>({
  publicKey: { shape: text, key: 'public_key', absent: '' },
  linkName: { shape: text, key: 'link_name', absent: '' },
  contractId: { shape: text, key: 'contract_id', absent: '' },
})
/** The provider's variant of before OTP: waSCC gave it no key, and its link the older name. */
const capability = struct<WasmbusEntity>({
  publicKey: { shape: text, key: 'id', absent: '' },
  contractId: { shape: text, key: 'contract_id', alias: 'capid' },
  linkName: { shape: text, key: 'link_name', alias: 'binding' },
})

/**
 * OTP wrote three texts. Hosts before it wrote a map of one entry: which variant (0 or `Actor`, 1 or
 * `Capability`), and then the actor's key or a struct.
 */
const entity: Shape<WasmbusEntity> = {
  write: plainEntity.write,
  read: (reader) => {
    const variant = reader.variant(['Actor', 'Capability'])
    if (variant === undefined) return plainEntity.read(reader)
    if (variant === 1) return capability.read(reader)
    return { publicKey: reader.text(), contractId: '', linkName: '' }
  },
  protobuf: undefined as never,
}

/** A {@link MessageCodec} for messages of this shape. */
function codecOf<Message>(name: string, shape: Shape<Message>): MessageCodec<Message> {
  const body = asMap(shape)
  const guarded = <In, Out>(run: (value: In) => Out): ((value: In) => Out) => {
    return (value) => {
      try {
        return run(value)
      } catch (error) {
        throw asContractError(error, 'wasmbus', name)
      }
    }
  }
  return { encode: guarded(body.encode), decode: guarded(body.decode) }
}

/** On `wasmbus.rpc.<lattice>.<M key>` and `wasmbus.rpc.<lattice>.<V key>.<link name>`. */
export const invocation: MessageCodec<Invocation> = codecOf(
  'Invocation',
  struct<Invocation>({
    origin: { shape: entity },
    target: { shape: entity },
    operation: { shape: text },
    msg: { shape: bytes, absent: noBytes },
    id: { shape: text },
    encodedClaims: { shape: text, key: 'encoded_claims', absent: '' },
    hostId: { shape: text, key: 'host_id', absent: '' },
    contentLength: {
      shape: optional(uint64),
      key: 'content_length',
      absent: null,
      omit: null,
    },
    traceContext: { shape: optional(textMap), absent: null, omit: null },
  }),
)

/** The reply to an {@link invocation}. */
export const invocationResponse: MessageCodec<InvocationResponse> = codecOf(
  'InvocationResponse',
  struct<InvocationResponse>({
    msg: { shape: bytes, absent: noBytes },
    invocationId: { shape: text, key: 'invocation_id', absent: '' },
    error: { shape: optional(text), absent: null, omit: null },
    contentLength: {
      shape: optional(uint64),
      key: 'content_length',
      absent: null,
      omit: null,
    },
  }),
)

/** On `….linkdefs.put` and `….linkdefs.del`. */
export const linkDefinition: MessageCodec<WasmbusLinkDefinition> = codecOf(
  'LinkDefinition',
  struct<WasmbusLinkDefinition>({
    actorId: { shape: text, key: 'actor_id' },
    providerId: { shape: text, key: 'provider_id' },
    linkName: { shape: text, key: 'link_name' },
    contractId: { shape: text, key: 'contract_id' },
    values: { shape: textMap, absent: {} },
    id: { shape: text, absent: '', omit: '' },
  }),
)

/** On `….health`; what is asked has no content that says anything. */
export const healthCheckRequest: MessageCodec<{ readonly placeholder: boolean }> = codecOf(
  'HealthCheckRequest',
  struct<{ readonly placeholder: boolean }>({ placeholder: { shape: bool, absent: true } }),
)

/** The reply to a {@link healthCheckRequest}. A provider that says nothing of itself is well. */
export const healthCheckResponse: MessageCodec<HealthCheckResponse> = codecOf(
  'HealthCheckResponse',
  struct<HealthCheckResponse>({
    healthy: { shape: bool, absent: true },
    message: { shape: optional(text), absent: null, omit: null },
  }),
)

/** An entity as a URL, as the claims of invocations name it. */
export function entityUrl({ publicKey, contractId, linkName }: WasmbusEntity): string {
  if (contractId === '' && linkName === '') return `wasmbus://${publicKey}`
  const part = (name: string): string => name.replaceAll(' ', '_').toLowerCase()
  return `wasmbus://${part(contractId).replaceAll(':', '/')}/${part(linkName)}/${publicKey}`
}

/** The hash that an OTP host puts into an invocation's claims: upper-case hex SHA-256. */
export function invocationHash({
  origin,
  target,
  operation,
  msg,
}: Pick<Invocation, 'origin' | 'target' | 'operation' | 'msg'>): string {
  const targetUrl = `${entityUrl(target)}/${operation}`
  const hash = createHash('sha256').update(entityUrl(origin)).update(targetUrl).update(operation)
  return hash.update(msg).digest('hex').toUpperCase()
}
