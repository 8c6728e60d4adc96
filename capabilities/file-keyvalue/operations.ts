import type { KeyValueToProvider } from '../../contracts/index.ts'
import type { ProviderLink } from '../../host/index.ts'
import {
  answerBytesError,
  checkAnswerItems,
  integerAt,
  integerOverflowError,
  keyTypeError,
  maxAnswerBytes,
} from '../keyvalue-failures.ts'
import type { StoreLimits } from '../keyvalue-limits.ts'
import {
  addToSet,
  hasItem,
  listItems,
  pushItem,
  removeFromList,
  removeFromSet,
  setItems,
} from './items.ts'
import type { FileEntry, FileStore } from './store.ts'

/** Serves a link from a store in a file, as Redis would: every operation answers at once. */
export function fileOperations(
  store: FileStore,
  limits: StoreLimits,
): ProviderLink<KeyValueToProvider>['operations'] {
  const { database } = store
  const remove = ({ key }: { readonly key: string }): { key: string; deleted: boolean } =>
    database.writing(() => {
      const entry = store.findToChange(key)
      if (entry) store.remove(entry)
      return { key, deleted: entry !== undefined }
    })
  const setsAt = (keys: readonly string[]): (FileEntry | undefined)[] =>
    [...new Set(keys)].map((key) => holding(store.find(key), 'set'))
  return {
    Get: ({ key }) => {
      const text = database.looking(() => holding(store.find(key), 'text'))?.text
      return { value: text ?? '', exists: text != null }
    },
    Set: ({ key, value, expiresSeconds }) =>
      database.writing(() => {
        const present = store.findToChange(key)
        const expiresAt = expiresSeconds > 0 ? store.time + expiresSeconds * 1000 : null
        store.put(key, present, value, expiresAt, limits)
        return { value }
      }),
    Add: ({ key, value }) =>
      database.writing(() => {
        const present = holding(store.findToChange(key), 'text')
        const sum = integerAt(key, present?.text ?? '0') + value
        if (sum !== (sum | 0)) throw integerOverflowError(key, value)
        store.put(key, present, String(sum), 'keep', limits)
        return { value: sum }
      }),
    Del: remove,
    Clear: remove,
    Push: ({ key, value, end }) =>
      database.writing(() => {
        const present = holding(store.findToChange(key), 'list')
        pushItem(database, store.addItems(key, present, 'list', [value], limits), value, end)
        return { newCount: (present?.count ?? 0) + 1 }
      }),
    Range: ({ key, start, stop }) =>
      database.reading(() => {
        const entry = holding(store.find(key), 'list')
        if (!entry) return { values: [] }
        const first = Math.max(start < 0 ? start + entry.count : start, 0)
        const last = Math.min(stop < 0 ? stop + entry.count : stop, entry.count - 1)
        if (first > last) return { values: [] }
        checkAnswerItems(last - first + 1)
        return { values: listItems(database, entry, first, last) }
      }),
    ListItemDelete: ({ key, value, items }) =>
      database.writing(() => {
        const entry = holding(store.findToChange(key), 'list')
        if (!entry) return { newCount: 0 }
        const removed = removeFromList(database, entry.id, value, items)
        store.removeItems(entry, value, removed)
        return { newCount: removed }
      }),
    SetAdd: ({ key, value }) =>
      database.writing(() => {
        const present = holding(store.findToChange(key), 'set')
        if (present && hasItem(database, present.id, value)) return { newCount: 0 }
        addToSet(database, store.addItems(key, present, 'set', [value], limits), value)
        return { newCount: 1 }
      }),
    SetRemove: ({ key, value }) =>
      database.writing(() => {
        const entry = holding(store.findToChange(key), 'set')
        if (!entry) return { newCount: 0 }
        const removed = removeFromSet(database, entry.id, value)
        store.removeItems(entry, value, removed)
        return { newCount: removed }
      }),
    SetUnion: ({ keys }) => database.reading(() => ({ values: union(store, setsAt(keys)) })),
    SetIntersection: ({ keys }) =>
      database.reading(() => ({ values: intersection(store, setsAt(keys)) })),
    SetQuery: ({ key }) => database.reading(() => ({ values: union(store, setsAt([key])) })),
    KeyExists: ({ key }) => ({ exists: database.looking(() => store.find(key)) !== undefined }),
  }
}

function holding(entry: FileEntry | undefined, kind: FileEntry['kind']): FileEntry | undefined {
  if (entry && entry.kind !== kind) throw keyTypeError(entry.key, entry.kind, kind)
  return entry
}

function union({ database }: FileStore, sets: readonly (FileEntry | undefined)[]): string[] {
  const all = new Set<string>()
  let bytes = 0
  for (const entry of sets) {
    if (!entry) continue
    checkAnswerItems(entry.count)
    for (const item of setItems(database, entry.id)) {
      if (all.has(item)) continue
      all.add(item)
      bytes += item.length
    }
    checkAnswerItems(all.size)
    if (bytes > maxAnswerBytes) throw answerBytesError(bytes)
  }
  return [...all]
}

function intersection({ database }: FileStore, sets: readonly (FileEntry | undefined)[]): string[] {
  const present = sets.filter((entry) => entry !== undefined)
  const [smallest, ...others] = present.sort((a, b) => a.count - b.count)
  if (!smallest || present.length < sets.length) return []
  checkAnswerItems(smallest.count)
  return setItems(database, smallest.id).filter((item) =>
    others.every((other) => hasItem(database, other.id, item)),
  )
}
