/**
 * What a host asks of a portable provider, a provider that is itself a signed module: to describe
 * itself, and to begin and end serving an actor. No claim grants it, so it has no id.
 *
 * Only dialects B to D had such providers: before them a host asked otherwise, after them it ran
 * providers as programs of their own.
 */
import { asArray, asMap, type Body, contractOf, dialectOf, nothing, operationsOf } from './codec.ts'
import type { Contract, ContractDialect, NoContent, NoOperations } from './contract.ts'
import { MessageFault, within } from './errors.ts'
import { asking, placeholder } from './health.ts'
import { appended, type MessageShape, type Shape, struct, text, uint32 } from './shape.ts'

/** What a provider says of itself. The operations that it lists besides are for people, and not read. */
export interface CapabilityDescriptor {
  /** The contract that it serves: `wascc:keyvalue`. */
  readonly id: string
  /** For people, as all that follows. Empty where it says nothing. */
  readonly name: string
  readonly version: string
  readonly revision: number
  readonly longDescription: string
}

/** An actor that a provider is to serve from now on, or no longer. */
export interface CapabilityConfiguration {
  /** The actor's public key. */
  readonly actor: string
  /** Values of the link, and what the host adds; none when the actor is removed. Name, value, name … */
  readonly settings: readonly string[]
}

/** What the host asks of a portable provider; where contracts speak of an actor, it is the provider. */
export type ProviderHostingToActor = {
  GetCapabilityDescriptor: { request: NoContent; response: CapabilityDescriptor }
  BindActor: { request: CapabilityConfiguration; response: void }
  RemoveActor: { request: CapabilityConfiguration; response: void }
}

const descriptor = struct<CapabilityDescriptor>({
  id: { shape: text },
  name: { shape: text, absent: '' },
  version: { shape: text, absent: '' },
  revision: { shape: uint32, absent: 0 },
  longDescription: { shape: text, key: 'long_description', absent: '' },
})

const textEntry = struct<{ name: string; value: string }>({
  name: { shape: text },
  value: { shape: text },
})

/** A map of text, flat. A name given twice is refused. */
const textMap: Shape<readonly string[]> = {
  write: (writer, flat) => {
    writer.map(flat.length / 2)
    for (const item of flat) text.write(writer, item)
  },
  read: (reader) => {
    const names = new Set<string>()
    const flat: string[] = []
    for (let count = reader.map(); count > 0; count--) {
      const name = reader.text()
      if (names.has(name)) throw new MessageFault('given twice', name)
      names.add(name)
      try {
        flat.push(name, reader.text())
      } catch (error) {
        throw within(error, name)
      }
    }
    return flat
  },
  protobuf: {
    initial: [],
    write: (writer, field, flat) => {
      for (let index = 0; index < flat.length; index += 2) {
        const entry = { name: flat[index] as string, value: flat[index + 1] as string }
        writer.message(field, (inner) => textEntry.writeMessage(inner, entry))
      }
    },
    read: (reader, previous) => {
      const { name, value } = textEntry.readMessage(reader.message())
      return appended(previous, name, value)
    },
  },
}

const configuration = struct<CapabilityConfiguration>({
  actor: { shape: text, key: 'module' },
  settings: { shape: textMap, key: 'values', absent: [] },
})

function dialect(body: <T>(shape: MessageShape<T>) => Body<T>): ContractDialect {
  const operation = operationsOf<ProviderHostingToActor>('provider_hosting')
  const asked = asking(body(placeholder), false)
  return dialectOf(
    'provider_hosting',
    [],
    [
      operation('GetCapabilityDescriptor', 'GetCapabilityDescriptor', asked, body(descriptor)),
      operation('BindActor', 'BindActor', body(configuration), nothing),
      operation('RemoveActor', 'RemoveActor', body(configuration), nothing),
    ],
  )
}

/** How a host runs a portable provider. */
export const providerHosting: Contract<NoOperations, ProviderHostingToActor> = contractOf(
  'provider_hosting',
  [],
  { B: dialect(asArray), C: dialect(asMap), D: dialect(asMap) },
)
