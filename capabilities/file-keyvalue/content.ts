import { keyValueChangedKeys, type KeyValueItem } from '../../contracts/index.ts'
import type { LinkContent } from '../../host/index.ts'
import type { StoreLimits } from '../memory-keyvalue/index.ts'
import { addToSet, listItems, pushItem, setItems } from './items.ts'
import type { FileStore } from './store.ts'

/** Keys that are listed in one step. */
const listCount = 256

/** What a link keeps in its store. Every step is short: a large item takes one that is not. */
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
      database.writing(() => write(store, limits, key, item))
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

function write(
  store: FileStore,
  limits: StoreLimits,
  key: string,
  item: KeyValueItem | undefined,
): void {
  const present = store.findToChange(key)
  if (present) store.remove(present)
  if (item === undefined || (item.expiresInMs ?? 1) <= 0) return
  const expiresAt = item.expiresInMs === undefined ? null : Math.ceil(store.time + item.expiresInMs)
  if (item.kind === 'text') {
    store.put(key, undefined, item.text, expiresAt, limits)
    return
  }
  for (const value of item.items) {
    const entry = store.addItem(key, store.find(key), item.kind, value, limits)
    if (item.kind === 'list') pushItem(store.database, entry, value, 'tail')
    else addToSet(store.database, entry, value)
  }
  if (expiresAt !== null) store.expireAt(key, expiresAt)
}
