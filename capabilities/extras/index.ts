/** The generators that every waSCC host has: GUIDs, random numbers, and a sequence for each actor. */
import { randomInt, randomUUID } from 'node:crypto'
import { type ExtrasToProvider, extras, type NoOperations } from '../../contracts/index.ts'
import type { CapabilityProvider, ProviderLink } from '../../host/index.ts'
import { CapabilityError } from '../errors.ts'
import { configSchema, type ExtrasConfig } from './config.ts'

export type { ExtrasConfig } from './config.ts'

/** What tests put in the place of chance. */
export interface ExtrasOptions {
  /** A whole number from `min` up to but not including `max`. Default: node's `crypto.randomInt`. */
  readonly integer?: (min: number, max: number) => number
  /** A version 4 UUID. Default: node's `crypto.randomUUID`. */
  readonly uuid?: () => string
}

/**
 * The extras provider. Actors that claim the contract are linked to it without a link definition.
 * An actor's sequence goes on over new links and new revisions, for as long as the provider lives.
 */
export function extrasProvider({
  integer = randomInt,
  uuid = randomUUID,
}: ExtrasOptions = {}): CapabilityProvider<ExtrasConfig, ExtrasToProvider, NoOperations> {
  const sequences = new Map<string, number>()
  return {
    name: 'extras',
    summary: 'generators: GUIDs, random numbers, sequence numbers',
    contract: extras,
    configSchema,
    automatic: true,
    link: ({ actor }): ProviderLink<ExtrasToProvider> => ({
      operations: {
        RequestGuid: () => ({ guid: uuid() }),
        RequestRandom: ({ min, max }) => {
          if (min >= max) throw emptyRange(min, max)
          return { randomNumber: integer(min, max) }
        },
        RequestSequence: () => {
          const sequenceNumber = sequences.get(actor.id) ?? 0
          sequences.set(actor.id, sequenceNumber + 1)
          return { sequenceNumber }
        },
      },
    }),
  }
}

function emptyRange(min: number, max: number): CapabilityError<'ERR_RANDOM_RANGE'> {
  return new CapabilityError(
    'ERR_RANDOM_RANGE',
    { min, max },
    `no number is at least ${min} and below ${max}`,
  )
}
