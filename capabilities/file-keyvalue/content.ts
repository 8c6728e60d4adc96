import { setImmediate } from 'node:timers/promises'
import { keyValueChangedKeys, type KeyValueItem } from '../../contracts/index.ts'
import type { LinkContent } from '../../host/index.ts'
import type { StoreLimits } from '../keyvalue-limits.ts'
import { addToSet, listItems, pushItem, setItems } from './items.ts'
import type { FileStore } from './store.ts'

/** Keys that are listed in one step. */
const listCount = 256

/** Items that are written in one step, so that none holds up the process for long. */
const writeCount = 1000

/** What a link keeps in its store. */
export function fileContent(store: FileStore, limits: StoreLimits): LinkContent<KeyValueItem> {
  const { database } = store
  return {
    keys: (signal) => listKeys(store, signal),
    read: async (key, signal) => {
      signal.throwIfAborted()
      return database.reading(() => read(store, key))
    },
    write: async (key, item, signal) => {
      signal.throwIfAborted()
      try {
        await write(store, limits, key, item)
      } catch (error) {
        // All of it or nothing.
        database.writing(() => replace(store, key))
        throw error
      }
    },
    changedKeys: keyValueChangedKeys,
  }
}

async function* listKeys(store: FileStore, signal: AbortSignal): AsyncGenerator<string> {
  let after: string | undefined
  for (;;) {
    signal.throwIfAborted()
    const keys = store.database.looking(() => store.keysAfter(after, listCount))
    yield* keys
    after = keys.at(-1)
    if (after === undefined) return
  }
}

function read(store: FileStore, key: string): KeyValueItem | undefined {
  const entry = store.find(key)
  if (!entry) return undefined
  const expires = entry.expiresAt === null ? {} : { expiresInMs: entry.expiresAt - store.time }
  const { kind } = entry
  if (kind === 'text') return { kind, text: entry.text ?? '', ...expires }
  const items =
    kind === 'list'
      ? listItems(store.database, entry, 0, entry.count - 1)
      : setItems(store.database, entry.id)
  return { kind, items, ...expires }
}

async function write(
  store: FileStore,
  limits: StoreLimits,
  key: string,
  item: KeyValueItem | undefined,
): Promise<void> {
  const { database } = store
  const expiresInMs = item?.expiresInMs ?? Infinity
  const begunAt = performance.now()
  const expiresAt = (): number | null =>
    expiresInMs === Infinity
      ? null
      : Math.ceil(store.time + expiresInMs - (performance.now() - begunAt))
  const isNothing = item === undefined || (item.kind !== 'text' && item.items.length === 0)
  if (isNothing || expiresInMs <= 0) {
    database.writing(() => replace(store, key))
    return
  }
  if (item.kind === 'text') {
    database.writing(() => {
      replace(store, key)
      store.put(key, undefined, item.text, expiresAt(), limits)
    })
    return
  }
  const { kind } = item
  const items = kind === 'set' ? [...new Set(item.items)] : item.items
  for (let at = 0; at < items.length; at += writeCount) {
    if (at > 0) await setImmediate()
    const some = items.slice(at, at + writeCount)
    database.writing(() => {
      if (at === 0) replace(store, key)
      const entry = store.addItems(key, store.find(key), kind, some, limits)
      for (const value of some) {
        if (kind === 'list') pushItem(database, entry, value, 'tail')
        else addToSet(database, entry, value)
      }
      const until = expiresAt()
      if (until !== null && at + writeCount >= items.length) store.expireAt(key, until)
    })
  }
}

function replace(store: FileStore, key: string): void {
  const present = store.findToChange(key)
  if (present) store.remove(present)
}
