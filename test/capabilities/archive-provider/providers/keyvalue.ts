/** A key-value store for an archive: one file, as an author would write it. */
import { keyvalue } from 'wash-ts/contracts'
import { type CapabilityProvider, defineProvider, ProviderError } from 'wash-ts/provider'

type Kind = 'text' | 'list' | 'set'

/** What the operations stand on: a store of one link. */
class Store {
  readonly entries = new Map<string, { kind: Kind; items: string[] }>()

  of(key: string, kind: Kind): string[] | undefined {
    const entry = this.entries.get(key)
    if (entry && entry.kind !== kind)
      throw new ProviderError(
        'ERR_KEY_TYPE',
        { key, holds: entry.kind },
        `${key} holds a ${entry.kind}`,
      )
    return entry?.items
  }

  put(key: string, kind: Kind, items: string[]): void {
    if (items.length === 0) this.entries.delete(key)
    else this.entries.set(key, { kind, items })
  }
}

export default defineProvider({
  name: 'archived-keyvalue',
  summary: 'key-value store in a process of its own',
  contract: keyvalue,
  link: ({ actor, log }) => {
    const store = new Store()
    log.debug('linked', { actor: actor.name })
    const deleted = ({ key }: { key: string }): { key: string; deleted: boolean } => ({
      key,
      deleted: store.entries.delete(key),
    })
    const sets = (keys: readonly string[]): Set<string>[] =>
      keys.map((key) => new Set(store.of(key, 'set') ?? []))
    return {
      info: { store: 'memory' },
      operations: {
        Get: ({ key }) => {
          const [value] = store.of(key, 'text') ?? []
          return { value: value ?? '', exists: value !== undefined }
        },
        Set: ({ key, value }) => {
          store.put(key, 'text', [value])
          return { value }
        },
        Add: ({ key, value }) => {
          const [text = '0'] = store.of(key, 'text') ?? []
          if (!/^(0|-?[1-9]\d*)$/.test(text))
            throw new ProviderError('ERR_NOT_AN_INTEGER', { key }, `${key} holds no integer`)
          const sum = Number(text) + value
          if (sum !== (sum | 0) || Number(text) !== (Number(text) | 0))
            throw new ProviderError('ERR_INTEGER_OVERFLOW', { key }, `${key} would be too large`)
          store.put(key, 'text', [String(sum)])
          return { value: sum }
        },
        Del: deleted,
        Clear: deleted,
        Push: async ({ key, value, end }) => {
          const items = store.of(key, 'list') ?? []
          const next = end === 'head' ? [value, ...items] : [...items, value]
          store.put(key, 'list', next)
          return { newCount: next.length }
        },
        Range: ({ key, start, stop }) => {
          const items = store.of(key, 'list') ?? []
          const at = (index: number): number => (index < 0 ? items.length + index : index)
          return { values: items.slice(Math.max(0, at(start)), Math.max(0, at(stop) + 1)) }
        },
        ListItemDelete: ({ key, value, items: which }) => {
          const items = store.of(key, 'list') ?? []
          const first = items.indexOf(value)
          const kept = items.filter((item, index) =>
            which === 'first' ? index !== first : item !== value,
          )
          store.put(key, 'list', kept)
          return { newCount: items.length - kept.length }
        },
        SetAdd: ({ key, value }) => {
          const items = store.of(key, 'set') ?? []
          if (items.includes(value)) return { newCount: 0 }
          store.put(key, 'set', [...items, value])
          return { newCount: 1 }
        },
        SetRemove: ({ key, value }) => {
          const items = store.of(key, 'set') ?? []
          const kept = items.filter((item) => item !== value)
          store.put(key, 'set', kept)
          return { newCount: items.length - kept.length }
        },
        SetQuery: ({ key }) => ({ values: store.of(key, 'set') ?? [] }),
        SetUnion: ({ keys }) => ({ values: [...new Set(sets(keys).flatMap((set) => [...set]))] }),
        SetIntersection: ({ keys }) => {
          const [first, ...rest] = sets(keys)
          return { values: [...(first ?? [])].filter((item) => rest.every((set) => set.has(item))) }
        },
        KeyExists: ({ key }) => ({ exists: store.entries.has(key) }),
      },
    }
  },
}) as CapabilityProvider
