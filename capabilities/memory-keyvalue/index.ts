/** Key-value contract in the host's memory: for development, tests, and data that may be lost. */
import { keyvalue, type KeyValueToProvider, type NoOperations } from '../../contracts/index.ts'
import type { CapabilityProvider } from '../../host/index.ts'
import { configSchema, type MemoryKeyValueConfig } from './config.ts'
import { storeContent } from './content.ts'
import { storeOperations } from './operations.ts'
import { Stores } from './stores.ts'

export type { MemoryKeyValueConfig } from './config.ts'

/** What a test may put in the place of the machine's own. */
export interface MemoryKeyValueOptions {
  /** Milliseconds on a clock that does not go back. Default: `performance.now()`. */
  readonly now?: () => number
}

/**
 * Key-value stores in memory, with the semantics of Redis: a text, list or set at each key, `expires`
 * honoured. Each link has a store of its own, or shares the one that `STORE` names. What is stored
 * lives as long as the provider: it outlasts links and updates of actors, not the process.
 *
 * Operations throw CapabilityError `ERR_KEY_TYPE`, `ERR_NOT_AN_INTEGER`, `ERR_INTEGER_OVERFLOW`,
 * `ERR_STORE_LIMIT`; the store is then as it was.
 */
export function memoryKeyValueProvider(
  options: MemoryKeyValueOptions = {},
): CapabilityProvider<MemoryKeyValueConfig, KeyValueToProvider, NoOperations> {
  const stores = new Stores(options.now ?? (() => performance.now()))
  return {
    name: 'memory-keyvalue',
    summary: 'key-value store in the memory of the host, gone when it stops',
    contract: keyvalue,
    configSchema,
    link: ({ config, actor, linkName, log }) => {
      if (config.withoutEffect.length > 0) {
        const verb = config.withoutEffect.length === 1 ? 'has' : 'have'
        log.info(`${config.withoutEffect.join(', ')} ${verb} no effect: this store is in memory`)
      }
      const { store, release } = stores.hold(actor, linkName, config.store)
      return {
        operations: storeOperations(store, config.limits),
        content: storeContent(store, config.limits),
        ...(config.store !== undefined && { info: { store: config.store } }),
        [Symbol.asyncDispose]: async () => release(),
      }
    },
  }
}
