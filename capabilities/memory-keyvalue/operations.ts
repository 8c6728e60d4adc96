import type { KeyValueToProvider } from '../../contracts/index.ts'
import type { ProviderLink } from '../../host/index.ts'
import { CapabilityError } from '../errors.ts'
import type { StoreLimits } from './config.ts'
import { type Store, shown } from './store.ts'

const minInt32 = -(2 ** 31)
const maxInt32 = 2 ** 31 - 1

/**
 * The operations of the key-value contract on a store, with the meanings that Redis gives them. All
 * answer at once.
 */
export function keyValueOperations(
  store: Store,
  limits: StoreLimits,
): ProviderLink<KeyValueToProvider>['operations'] {
  const remove = ({ key }: { readonly key: string }): { key: string; deleted: boolean } => ({
    key,
    deleted: store.delete(key),
  })
  const members = (key: string): ReadonlySet<string> =>
    store.findKind(key, 'set')?.members ?? new Set()
  return {
    Get: ({ key }) => {
      const entry = store.findKind(key, 'text')
      return { value: entry?.text ?? '', exists: entry !== undefined }
    },
    Set: ({ key, value, expiresSeconds }) => {
      store.setText(key, value, expiresSeconds > 0 ? expiresSeconds * 1000 : undefined, limits)
      return { value }
    },
    Add: ({ key, value }) => {
      const sum = integerAt(key, store.findKind(key, 'text')?.text) + value
      if (sum < minInt32 || sum > maxInt32) {
        throw new CapabilityError(
          'ERR_INTEGER_OVERFLOW',
          { key },
          `key ${shown(key)} would not fit 32 bits`,
        )
      }
      store.setText(key, String(sum), 'keep', limits)
      return { value: sum }
    },
    Del: remove,
    Clear: remove,
    Push: ({ key, value, end }) => {
      const { reversed } = store.growing(key, 'list', value, limits)
      if (end === 'head') reversed.push(value)
      else reversed.unshift(value)
      return { newCount: reversed.length }
    },
    Range: ({ key, start, stop }) => {
      const reversed = store.findKind(key, 'list')?.reversed ?? []
      const { length } = reversed
      const first = Math.max(start < 0 ? length + start : start, 0)
      const last = Math.min(stop < 0 ? length + stop : stop, length - 1)
      if (first > last) return { values: [] }
      return { values: reversed.slice(length - 1 - last, length - first).reverse() }
    },
    ListItemDelete: ({ key, value, items }) => {
      const entry = store.findKind(key, 'list')
      if (!entry) return { newCount: 0 }
      const removed = removeItems(entry.reversed, value, items)
      store.shrunk(key, entry, value, removed)
      return { newCount: removed }
    },
    SetAdd: ({ key, value }) => {
      if (store.findKind(key, 'set')?.members.has(value)) return { newCount: 0 }
      store.growing(key, 'set', value, limits).members.add(value)
      return { newCount: 1 }
    },
    SetRemove: ({ key, value }) => {
      const entry = store.findKind(key, 'set')
      if (!entry?.members.delete(value)) return { newCount: 0 }
      store.shrunk(key, entry, value, 1)
      return { newCount: 1 }
    },
    SetUnion: ({ keys }) => {
      const union = new Set<string>()
      // A key that is named a thousand times is still looked at once.
      for (const key of new Set(keys)) for (const member of members(key)) union.add(member)
      return { values: [...union] }
    },
    SetIntersection: ({ keys }) => {
      // All are looked at, so that a key of the wrong type is always an error; the smallest is walked.
      const sets = [...new Set(keys)].map(members).sort((a, b) => a.size - b.size)
      const [smallest, ...others] = sets
      if (!smallest) return { values: [] }
      return { values: [...smallest].filter((member) => others.every((set) => set.has(member))) }
    },
    SetQuery: ({ key }) => ({ values: [...members(key)] }),
    KeyExists: ({ key }) => ({ exists: store.find(key) !== undefined }),
  }
}

/** As Redis reads integers: no spaces, no plus sign, no leading zeros. An absent key counts as 0. */
function integerAt(key: string, text: string | undefined): number {
  if (text === undefined) return 0
  if (!/^(?:0|-?[1-9]\d{0,18})$/.test(text)) {
    throw new CapabilityError('ERR_NOT_AN_INTEGER', { key }, `key ${shown(key)} holds no integer`)
  }
  return Number(text)
}

/** @returns how many were removed */
function removeItems(reversed: string[], value: string, items: 'all' | 'first'): number {
  if (items === 'first') {
    const index = reversed.lastIndexOf(value)
    if (index === -1) return 0
    reversed.splice(index, 1)
    return 1
  }
  const before = reversed.length
  let kept = 0
  for (const item of reversed) if (item !== value) reversed[kept++] = item
  reversed.length = kept
  return before - kept
}
