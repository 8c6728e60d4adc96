/** Key-value contract in a file of the host's: for data that outlasts it, without a server. */
import { keyvalue, type KeyValueToProvider, type NoOperations } from '../../contracts/index.ts'
import type { CapabilityProvider } from '../../host/index.ts'
import { configSchema, type FileKeyValueConfig } from './config.ts'
import { fileContent } from './content.ts'
import { StoreFiles } from './database.ts'
import { fileOperations } from './operations.ts'
import { FileStore } from './store.ts'

export type { FileKeyValueConfig, Synchronous } from './config.ts'

/** What a test may put in the place of the machine's own. */
export interface FileKeyValueOptions {
  /** Milliseconds since 1970. Default: `Date.now()`. */
  readonly now?: () => number
  /** Default: files that only links of this provider share. */
  readonly files?: StoreFiles
}

/**
 * Key-value stores in files, with the semantics of Redis. Each link has a store of its own in its file,
 * or shares the one that `STORE` names; several processes may use one file. Whatever has been answered
 * outlasts the process, however it ends.
 *
 * Operations throw CapabilityError `ERR_KEY_TYPE`, `ERR_NOT_AN_INTEGER`, `ERR_INTEGER_OVERFLOW`,
 * `ERR_STORE_LIMIT`, `ERR_STORE_FILE`; the store is then as it was.
 */
export function fileKeyValueProvider(
  options: FileKeyValueOptions = {},
): CapabilityProvider<FileKeyValueConfig, KeyValueToProvider, NoOperations> {
  const files = options.files ?? new StoreFiles()
  const now = options.now ?? (() => Date.now())
  return {
    name: 'file-keyvalue',
    summary: 'key-value store in a file, which outlasts the host',
    contract: keyvalue,
    configSchema,
    link: ({ config, actor, linkName }) => {
      using opened = new DisposableStack()
      const { database } = opened.use(files.hold(config.path, config.synchronous))
      // JSON keeps apart what pasting together would not, whatever the names contain.
      const name = JSON.stringify(
        config.store === undefined ? [actor.id, linkName] : [config.store],
      )
      const store = new FileStore(database, name, now)
      const owned = opened.move()
      return {
        operations: fileOperations(store, config.limits),
        content: fileContent(store, config.limits),
        info: {
          file: config.path,
          ...(config.store !== undefined && { store: config.store }),
        },
        [Symbol.asyncDispose]: async () => owned.dispose(),
      }
    },
  }
}
