/** Unique ids, random numbers and sequences, which a module without imports cannot make. */
import { randomInt, randomUUID } from 'node:crypto'
import { extras, type ExtrasToProvider, type NoOperations } from '../../contracts/index.ts'
import type { CapabilityProvider } from '../../host/index.ts'
import { CapabilityError } from '../errors.ts'
import { configSchema, type ExtrasConfig } from './config.ts'

export type { ExtrasConfig } from './config.ts'

/** Where chance comes from. */
export interface Randomness {
  /** A version 4 UUID in lower case with hyphens. */
  uuid(): string
  /** An integer from `min` up to but not `max`, all equally likely; `max` is at most 2^32. */
  integer(min: number, max: number): number
}

/** What a test may put in the place of the machine's own. */
export interface ExtrasOptions {
  /** Default: the cryptographic generator of Node. */
  readonly randomness?: Randomness
}

const cryptographic: Randomness = {
  uuid: () => randomUUID(),
  integer: (min, max) => randomInt(min, max),
}

/**
 * The generators that every waSCC host had built in: actors that claim the contract have them without
 * a link definition. Sequences are counted for each actor and live as long as the provider: new
 * links and updates of the actor go on with them.
 *
 * `RequestRandom` throws CapabilityError `ERR_RANDOM_RANGE` for a range without a number in it.
 */
export function extrasProvider(
  options: ExtrasOptions = {},
): CapabilityProvider<ExtrasConfig, ExtrasToProvider, NoOperations> {
  const { randomness = cryptographic } = options
  const nextNumbers = new Map<string, number>()
  return {
    name: 'extras',
    summary: 'unique ids, random numbers, and a sequence for each actor',
    contract: extras,
    configSchema,
    automatic: true,
    link: ({ actor }) => ({
      operations: {
        RequestGuid: () => ({ guid: randomness.uuid() }),
        RequestRandom: ({ min, max }) => {
          if (min >= max) throw emptyRange(min, max)
          return { randomNumber: randomness.integer(min, max) }
        },
        RequestSequence: () => {
          const sequenceNumber = nextNumbers.get(actor.id) ?? 0
          nextNumbers.set(actor.id, sequenceNumber + 1)
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
    `there is no number from ${min} up to but not ${max}`,
  )
}
