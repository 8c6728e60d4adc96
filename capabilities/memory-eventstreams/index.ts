/** Event stream contract in the host's memory: for development, tests, and events that may be lost. */
import {
  type EventStreamsToActor,
  type EventStreamsToProvider,
  eventStreams,
} from '../../contracts/index.ts'
import type { CapabilityProvider } from '../../host/index.ts'
import { linkToStreams } from '../event-streams/link.ts'
import { streamPrefix } from '../event-streams/link-values.ts'
import { Handover } from '../intake/handover.ts'
import { subscriptionInfo } from '../intake/subscription-info.ts'
import { configSchema, type MemoryEventStreamsConfig } from './config.ts'
import { memoryEventStore, Streams } from './store.ts'

export type { MemoryEventStreamsConfig } from './config.ts'

/** What a test may put in the place of the machine's own. */
export interface MemoryEventStreamsOptions {
  /** Milliseconds of Unix time. Default: `Date.now()`. */
  readonly now?: () => number
}

/**
 * Event streams in memory, with the semantics of Redis: ids that only grow, queries by time, queue
 * groups that remember where they are. What is written lives as long as the provider: it outlasts
 * links and updates of actors, not the process.
 *
 * Operations throw CapabilityError `ERR_EVENT_INVALID`, `ERR_STREAM_LIMIT`.
 */
export function memoryEventStreamsProvider(
  options: MemoryEventStreamsOptions = {},
): CapabilityProvider<MemoryEventStreamsConfig, EventStreamsToProvider, EventStreamsToActor> {
  const now = options.now ?? (() => Date.now())
  const byPrefix = new Map<string, { readonly streams: Streams; links: number }>()
  const handover = new Handover()
  return {
    name: 'memory-eventstreams',
    summary: 'event streams in the memory of the host, gone when it stops',
    contract: eventStreams,
    configSchema,
    link: async (context) => {
      const { config, actor, linkName, log } = context
      if (config.urlGiven) log.info('URL has no effect: these streams are in memory')
      const prefix = streamPrefix(config, actor.id, linkName)
      const held = byPrefix.get(prefix) ?? { streams: new Streams(now), links: 0 }
      byPrefix.set(prefix, held)
      held.links++
      const release = async (): Promise<void> => {
        held.streams.sweep()
        if (--held.links === 0 && held.streams.isEmpty) byPrefix.delete(prefix)
      }
      await using opened = new AsyncDisposableStack()
      opened.defer(release)
      const store = memoryEventStore(held.streams, config)
      const { operations, closeIntake } = await linkToStreams(context, config, store, handover)
      opened.defer(closeIntake)
      const owned = opened.move()
      return {
        operations,
        closeIntake,
        info: {
          ...(config.prefix !== undefined && { prefix: config.prefix }),
          ...subscriptionInfo(config),
        },
        [Symbol.asyncDispose]: () => owned.disposeAsync(),
      }
    },
  }
}
