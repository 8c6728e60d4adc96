/** Link values that every provider of event streams has, so that one can take another's place. */
import { integerValue, type LinkValue, parsedValue } from '../link-values.ts'
import { visibleText } from '../visible-text.ts'
import { streamProblem } from './checks.ts'

/** What one link asks of any event streams. Made from link values, which are named in capitals. */
export interface EventStreamsConfig {
  /** `PREFIX`: links that give the same one share their streams. Default: the link has its own. */
  readonly prefix: string | undefined
  /** `SUBSCRIPTION`: streams whose events the actor is given, from now on. Default: none. */
  readonly subscriptions: readonly string[]
  /** `QUEUEGROUP_NAME`: each event goes to one member of the group, again until one has taken it. */
  readonly queueGroup: string | undefined
  /** `MAXLEN`: events that a stream keeps when one is written; the oldest go. Default: all. */
  readonly maxLength: number | undefined
  /** `MAX_ANSWER_EVENTS` of one query. */
  readonly maxAnswerEvents: number
  readonly delivery: DeliveryTerms
}

/** How events reach the actor of one link. */
export interface DeliveryTerms {
  /** `CONCURRENCY`: events that the actor handles at one time; 1 keeps their order. */
  readonly concurrency: number
  /** `MAX_ATTEMPTS` to deliver an event that the actor does not take. */
  readonly maxAttempts: number
  /** `TIMEOUT_MS` for one event. Default: the actor's own limit, which also bounds it. */
  readonly timeoutMs: number | undefined
  /** `REDELIVER_AFTER_MS`: when a member of a queue group is taken for lost, with the events it has. */
  readonly redeliverAfterMs: number
}

/** The entries of {@link eventStreamsValues} as their schema reads them. */
export interface EventStreamsValues {
  readonly PREFIX: string | undefined
  readonly SUBSCRIPTION: readonly string[] | undefined
  readonly QUEUEGROUP_NAME: string | undefined
  readonly MAXLEN: number | undefined
  readonly MAX_ANSWER_EVENTS: number
  readonly CONCURRENCY: number
  readonly MAX_ATTEMPTS: number
  readonly TIMEOUT_MS: number | undefined
  readonly REDELIVER_AFTER_MS: number
}

/** Entries for a provider's schema. */
export const eventStreamsValues: {
  readonly [Key in keyof EventStreamsValues]: LinkValue<EventStreamsValues[Key]>
} = {
  PREFIX: parsedValue(
    {
      description:
        'goes before the names of streams; links with the same one share their streams; empty for plain names; without it, each link has its own',
    },
    parsePrefix,
  ),
  SUBSCRIPTION: parsedValue(
    {
      description:
        'streams whose events the actor is given, separated by commas; from when the link is made, or where its queue group is',
    },
    parseStreams,
  ),
  QUEUEGROUP_NAME: parsedValue(
    {
      description:
        'group whose members share the events; each comes at least once, also what was written while no member was there; without it, every link is given every event written while it is there',
    },
    parseGroup,
  ),
  MAXLEN: integerValue(
    {
      description: 'events that a stream keeps; with each one written beyond, the oldest goes',
      unit: 'events',
    },
    { min: 1, max: 1_000_000_000 },
  ),
  MAX_ANSWER_EVENTS: integerValue(
    {
      description: 'events that one query may give; more are an error',
      unit: 'events',
      default: '10000',
    },
    { min: 1, max: 60_000 },
  ),
  CONCURRENCY: integerValue(
    {
      description: 'events that the actor handles at one time; 1 keeps their order',
      unit: 'events',
      default: '1',
    },
    { min: 1, max: 1000 },
  ),
  MAX_ATTEMPTS: integerValue(
    {
      description: 'attempts to deliver an event that the actor does not take, before it is let go',
      unit: 'attempts',
      default: '5',
    },
    { min: 1, max: 1000 },
  ),
  TIMEOUT_MS: integerValue(
    { description: 'time to handle one event, within what the actor may take', unit: 'ms' },
    { min: 1, max: 86_400_000 },
  ),
  REDELIVER_AFTER_MS: integerValue(
    {
      description:
        'time after which another member of a queue group is given an event that one has not finished',
      unit: 'ms',
      default: '60000',
    },
    { min: 100, max: 86_400_000 },
  ),
}

/** What a provider is told, from what its schema read. */
export function eventStreamsConfig(values: EventStreamsValues): EventStreamsConfig {
  return {
    prefix: values.PREFIX,
    subscriptions: values.SUBSCRIPTION ?? [],
    queueGroup: values.QUEUEGROUP_NAME,
    maxLength: values.MAXLEN,
    maxAnswerEvents: values.MAX_ANSWER_EVENTS,
    delivery: {
      concurrency: values.CONCURRENCY,
      maxAttempts: values.MAX_ATTEMPTS,
      timeoutMs: values.TIMEOUT_MS,
      redeliverAfterMs: values.REDELIVER_AFTER_MS,
    },
  }
}

/**
 * What goes before the names of a link's streams. Without `PREFIX`, no link's begins with another's:
 * what could end the braces, or part the names, is escaped. A Redis Cluster keeps all keys in one place
 * that have the same text in their first braces.
 */
export function streamPrefix(
  { prefix }: Pick<EventStreamsConfig, 'prefix'>,
  actorId: string,
  linkName: string,
): string {
  if (prefix !== undefined) return prefix
  const named = [actorId, linkName].map((name) => encodeURIComponent(name.toWellFormed()))
  return `wash-ts-events:{${named.join(':')}}:`
}

function parsePrefix(text: string): string {
  if (text === '' || streamProblem(text) === undefined) return text
  throw new Error(
    `"${visibleText(text, 128)}" cannot begin a stream's name: ${streamProblem(text)}`,
  )
}

function parseStreams(text: string): readonly string[] {
  const streams = text.split(',').map((stream) => stream.trim())
  for (const [index, stream] of streams.entries()) {
    const shown = `"${visibleText(stream, 128)}"`
    const problem = streamProblem(stream)
    if (problem !== undefined) throw new Error(`${shown} is no stream's name: ${problem}`)
    if (streams.indexOf(stream) < index) throw new Error(`${shown} is given twice`)
  }
  return streams
}

function parseGroup(text: string): string {
  const problem = streamProblem(text)
  if (problem === undefined) return text
  throw new Error(`"${visibleText(text, 128)}" is no queue group's name: ${problem}`)
}
