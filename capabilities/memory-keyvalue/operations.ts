import type { KeyValueToProvider } from '../../contracts/index.ts'
import type { ProviderLink } from '../../host/index.ts'
import {
  checkAnswerItems,
  integerAt,
  integerOverflowError,
  keyTypeError,
} from '../keyvalue-failures.ts'
import type { StoreLimits } from '../keyvalue-limits.ts'
import type { Entry, Holding, Store } from './store.ts'
import { TextList } from './text-list.ts'

/** Serves a link from a store, as Redis would: every operation answers at once. */
export function storeOperations(
  store: Store,
  limits: StoreLimits,
): ProviderLink<KeyValueToProvider>['operations'] {
  const remove = ({ key }: { readonly key: string }): { key: string; deleted: boolean } => {
    const entry = store.find(key)
    if (entry) store.remove(entry)
    return { key, deleted: entry !== undefined }
  }
  return {
    Get: ({ key }) => {
      const held = holding(store.find(key), 'text')
      return { value: held?.text ?? '', exists: held !== undefined }
    },
    Set: ({ key, value, expiresSeconds }) => {
      const expiresInMs = expiresSeconds > 0 ? expiresSeconds * 1000 : Infinity
      store.put(key, store.find(key), value, expiresInMs, limits)
      return { value }
    },
    Add: ({ key, value }) => {
      const entry = store.find(key)
      const sum = integerAt(key, holding(entry, 'text')?.text ?? '0') + value
      if (sum !== (sum | 0)) throw integerOverflowError(key, value)
      store.put(key, entry, String(sum), 'keep', limits)
      return { value: sum }
    },
    Del: remove,
    Clear: remove,
    Push: ({ key, value, end }) => {
      const entry = store.find(key)
      const items = holding(entry, 'list')?.items ?? new TextList()
      store.addItem(key, entry, { kind: 'list', items }, value, limits)
      items.push(value, end)
      return { newCount: items.length }
    },
    Range: ({ key, start, stop }) => {
      const items = holding(store.find(key), 'list')?.items
      if (!items) return { values: [] }
      checkAnswerItems(items.rangeLength(start, stop))
      return { values: items.range(start, stop) }
    },
    ListItemDelete: ({ key, value, items }) => {
      const entry = store.find(key)
      const list = holding(entry, 'list')?.items
      if (!entry || !list) return { newCount: 0 }
      const removed = list.remove(value, items)
      store.removeItems(entry, value, removed, list.length)
      return { newCount: removed }
    },
    SetAdd: ({ key, value }) => {
      const entry = store.find(key)
      const items = holding(entry, 'set')?.items ?? new Set<string>()
      if (items.has(value)) return { newCount: 0 }
      store.addItem(key, entry, { kind: 'set', items }, value, limits)
      items.add(value)
      return { newCount: 1 }
    },
    SetRemove: ({ key, value }) => {
      const entry = store.find(key)
      const items = holding(entry, 'set')?.items
      if (!entry || !items?.delete(value)) return { newCount: 0 }
      store.removeItems(entry, value, 1, items.size)
      return { newCount: 1 }
    },
    SetUnion: ({ keys }) => ({ values: union(setsAt(store, keys)) }),
    SetIntersection: ({ keys }) => ({ values: intersection(setsAt(store, keys)) }),
    SetQuery: ({ key }) => ({ values: union(setsAt(store, [key])) }),
    KeyExists: ({ key }) => ({ exists: store.find(key) !== undefined }),
  }
}

function holding<Kind extends Holding['kind']>(
  entry: Entry | undefined,
  kind: Kind,
): Extract<Holding, { kind: Kind }> | undefined {
  if (!entry) return undefined
  if (entry.holding.kind === kind) return entry.holding as Extract<Holding, { kind: Kind }>
  throw keyTypeError(entry.key, entry.holding.kind, kind)
}

/** A key named twice is looked at once: the work is bounded by what the store holds. */
function setsAt(store: Store, keys: readonly string[]): (Set<string> | undefined)[] {
  return [...new Set(keys)].map((key) => holding(store.find(key), 'set')?.items)
}

function union(sets: readonly (Set<string> | undefined)[]): string[] {
  const all = new Set<string>()
  for (const items of sets) {
    if (!items) continue
    checkAnswerItems(items.size)
    for (const item of items) all.add(item)
    checkAnswerItems(all.size)
  }
  return [...all]
}

function intersection(sets: readonly (Set<string> | undefined)[]): string[] {
  const present = sets.filter((items) => items !== undefined)
  const [smallest, ...others] = present.sort((a, b) => a.size - b.size)
  if (!smallest || present.length < sets.length) return []
  checkAnswerItems(smallest.size)
  return [...smallest].filter((item) => others.every((other) => other.has(item)))
}
