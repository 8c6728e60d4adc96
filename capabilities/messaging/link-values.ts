/** Link values that every messaging provider has, so that one can take another's place. */
import { integerValue, type LinkValue, parsedValue } from '../link-values.ts'
import type { DeliveryLimits } from './deliveries.ts'
import { parsePatterns, parseQueueGroup } from './subject.ts'

/** What one link asks of any broker. Made from link values, which are named in capitals. */
export interface MessagingConfig {
  /** `SUBSCRIPTION`: patterns of subjects whose messages the actor is given. Default: none. */
  readonly subscriptions: readonly string[]
  /** `QUEUEGROUP_NAME`: each message goes to one member of the group. Default: to every subscriber. */
  readonly queueGroup: string | undefined
  /** `PUBLISH`: patterns of subjects that the actor may send to. Default: all but what steers servers. */
  readonly mayPublish: readonly string[]
  readonly deliveries: DeliveryLimits
}

/** The entries of {@link messagingValues} as their schema reads them. */
export interface MessagingValues {
  readonly SUBSCRIPTION: readonly string[] | undefined
  readonly QUEUEGROUP_NAME: string | undefined
  readonly PUBLISH: readonly string[]
  readonly CONCURRENCY: number
  readonly MAX_PENDING: number
  readonly MAX_PENDING_BYTES: number
  readonly TIMEOUT_MS: number | undefined
}

/** Entries for a provider's schema. */
export const messagingValues: {
  readonly [Key in keyof MessagingValues]: LinkValue<MessagingValues[Key]>
} = {
  SUBSCRIPTION: parsedValue(
    {
      description:
        'subjects whose messages the actor is given, separated by commas; * stands for one token, > for all that follow',
    },
    parsePatterns,
  ),
  QUEUEGROUP_NAME: parsedValue(
    {
      description:
        'queue group of the subscriptions: each message goes to one of its members; without it, to each subscriber',
    },
    parseQueueGroup,
  ),
  PUBLISH: parsedValue(
    {
      description:
        'subjects that the actor may send to, separated by commas, wildcards allowed, empty for none; it may always answer; subjects below $SYS, $JS, wasmbus and the like only where spelled out',
      default: '>',
    },
    (text) => (text === '' ? [] : parsePatterns(text)),
  ),
  CONCURRENCY: integerValue(
    {
      description: 'messages that the actor handles at one time; 1 keeps their order',
      unit: 'messages',
      default: '1',
    },
    { min: 1, max: 10_000 },
  ),
  MAX_PENDING: integerValue(
    {
      description: 'messages that may wait for the actor; further ones are dropped and counted',
      unit: 'messages',
      default: '1000',
    },
    { min: 1, max: 100_000 },
  ),
  MAX_PENDING_BYTES: integerValue(
    {
      description: 'size of the messages that may wait for the actor; further ones are dropped',
      unit: 'bytes',
      default: '16777216',
    },
    { min: 1024, max: 2 ** 30 },
  ),
  TIMEOUT_MS: integerValue(
    { description: 'time to handle one message, within what the actor may take', unit: 'ms' },
    { min: 1, max: 86_400_000 },
  ),
}

/** What a provider is told, from what its schema read. */
export function messagingConfig(values: MessagingValues): MessagingConfig {
  return {
    subscriptions: values.SUBSCRIPTION ?? [],
    queueGroup: values.QUEUEGROUP_NAME,
    mayPublish: values.PUBLISH,
    deliveries: {
      concurrency: values.CONCURRENCY,
      maxPending: values.MAX_PENDING,
      maxPendingBytes: values.MAX_PENDING_BYTES,
      timeoutMs: values.TIMEOUT_MS,
    },
  }
}

/** Link values that say how a server is reached: only a provider with a server has use for them. */
export const connectionKeys = [
  'URL',
  'USER',
  'PASSWORD',
  'TOKEN',
  'CLIENT_JWT',
  'CLIENT_SEED',
  'CREDSFILE',
  'TLS_CA_FILE',
  'TLS_CERT_FILE',
  'TLS_KEY_FILE',
] as const
