/** A key-value store in memory: what Redis does, without Redis, for as long as the host runs. */
import { type KeyValueToProvider, keyvalue, type NoOperations } from '../../contracts/index.ts'
import type { CapabilityProvider } from '../../host/index.ts'
import { configSchema, type MemoryKeyValueConfig } from './config.ts'
import { keyValueOperations } from './operations.ts'
import { Store } from './store.ts'

export type { MemoryKeyValueConfig, StoreLimits } from './config.ts'

/** What tests put in the place of the machine. */
export interface MemoryKeyValueOptions {
  /** A clock in milliseconds that never goes back. Default: `performance.now`. */
  readonly now?: () => number
}

/**
 * The key-value provider in memory. Each actor and link name has data of its own, unless the link
 * names a `STORE`; it outlives the link and the actor's revision, and goes with the provider.
 */
export function memoryKeyValueProvider({
  now = () => performance.now(),
}: MemoryKeyValueOptions = {}): CapabilityProvider<
  MemoryKeyValueConfig,
  KeyValueToProvider,
  NoOperations
> {
  const stores = new Map<string, Store>()
  return {
    name: 'memory-keyvalue',
    summary: 'key-value store in memory: text, counters, lists and sets',
    contract: keyvalue,
    configSchema,
    link: ({ config, actor, linkName, log }) => {
      if (config.urlGiven) log.info('URL has no effect: this store is in memory')
      // As JSON, so that no name can be made to look like another pair of names.
      const name = JSON.stringify(
        config.store === undefined ? [actor.id, linkName] : [config.store],
      )
      const store = stores.get(name) ?? new Store(now)
      stores.set(name, store)
      return { operations: keyValueOperations(store, config.limits) }
    },
  }
}
