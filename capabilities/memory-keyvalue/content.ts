import { keyValueChangedKeys, type KeyValueItem } from '../../contracts/index.ts'
import type { LinkContent } from '../../host/index.ts'
import type { StoreLimits } from '../keyvalue-limits.ts'
import type { Store } from './store.ts'
import { TextList } from './text-list.ts'

/** What a link keeps in its store. */
export function storeContent(store: Store, limits: StoreLimits): LinkContent<KeyValueItem> {
  return {
    keys: (signal) => listKeys(store, signal),
    read: async (key, signal) => {
      signal.throwIfAborted()
      return read(store, key)
    },
    write: async (key, item, signal) => {
      signal.throwIfAborted()
      write(store, limits, key, item)
    },
    changedKeys: keyValueChangedKeys,
  }
}

async function* listKeys(store: Store, signal: AbortSignal): AsyncGenerator<string> {
  // Not the store's own iterator, which would go on for as long as keys come.
  for (const key of store.keys()) {
    signal.throwIfAborted()
    if (store.find(key)) yield key
  }
}

function read(store: Store, key: string): KeyValueItem | undefined {
  const entry = store.find(key)
  if (!entry) return undefined
  const { holding } = entry
  const leftMs = store.leftMs(entry)
  const expires = leftMs === Infinity ? {} : { expiresInMs: leftMs }
  if (holding.kind === 'text') return { kind: 'text', text: holding.text, ...expires }
  const items = holding.kind === 'list' ? holding.items.range(0, -1) : [...holding.items]
  return { kind: holding.kind, items, ...expires }
}

function write(
  store: Store,
  limits: StoreLimits,
  key: string,
  item: KeyValueItem | undefined,
): void {
  const present = store.find(key)
  if (present) store.remove(present)
  const expiresInMs = item?.expiresInMs ?? Infinity
  if (item === undefined || expiresInMs <= 0) return
  if (item.kind === 'text') {
    store.put(key, undefined, item.text, expiresInMs, limits)
    return
  }
  try {
    for (const value of item.items) addTo(store, limits, key, item.kind, value)
    const entry = store.find(key)
    if (entry && expiresInMs !== Infinity) store.expire(entry, expiresInMs)
  } catch (error) {
    // All of it or nothing.
    const partly = store.find(key)
    if (partly) store.remove(partly)
    throw error
  }
}

function addTo(
  store: Store,
  limits: StoreLimits,
  key: string,
  kind: 'list' | 'set',
  value: string,
): void {
  const entry = store.find(key)
  const holding =
    entry?.holding ??
    (kind === 'list' ? { kind, items: new TextList() } : { kind, items: new Set<string>() })
  if (holding.kind === 'set' && holding.items.has(value)) return
  store.addItem(key, entry, holding, value, limits)
  if (holding.kind === 'list') holding.items.push(value, 'tail')
  if (holding.kind === 'set') holding.items.add(value)
}
