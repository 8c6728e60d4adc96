/** A key-value store for an archive: one file, as an author would write it. */
import { type KeyValueItem, keyValueChangedKeys, keyvalue } from 'wash-ts/contracts'
import {
  type CapabilityProvider,
  defineProvider,
  type LinkContent,
  ProviderError,
} from 'wash-ts/provider'

type Kind = 'text' | 'list' | 'set'

const answerItems = 65_536

/** A link's data: a text, a list or a set at each key. */
class Store {
  readonly #entries = new Map<string, { kind: Kind; items: string[]; expiresAt: number }>()

  of(key: string, kind: Kind): string[] | undefined {
    const entry = this.entry(key)
    if (entry && entry.kind !== kind)
      throw new ProviderError(
        'ERR_KEY_TYPE',
        { key, holds: entry.kind },
        `${key} holds a ${entry.kind}`,
      )
    return entry?.items
  }

  entry(key: string): { kind: Kind; items: string[]; expiresAt: number } | undefined {
    const entry = this.#entries.get(key)
    if (entry && entry.expiresAt <= performance.now()) this.#entries.delete(key)
    return this.#entries.get(key)
  }

  put(key: string, kind: Kind, items: string[], expiresAt: number = Infinity): void {
    if (items.length === 0) this.#entries.delete(key)
    else this.#entries.set(key, { kind, items, expiresAt })
  }

  delete(key: string): boolean {
    const there = this.entry(key) !== undefined
    this.#entries.delete(key)
    return there
  }

  keys(): IterableIterator<string> {
    return this.#entries.keys()
  }
}

/** By actor and link name, so that a link that is made again finds what it kept. */
const stores = new Map<string, { store: Store; links: number }>()

function limited(values: string[]): { values: string[] } {
  if (values.length <= answerItems) return { values }
  throw new ProviderError(
    'ERR_STORE_LIMIT',
    { limit: 'ANSWER_ITEMS', wanted: values.length, allowed: answerItems },
    `${values.length} items are more than an answer holds`,
  )
}

export default defineProvider({
  name: 'archived-keyvalue',
  summary: 'key-value store in a process of its own',
  contract: keyvalue,
  link: ({ config: { MAX_VALUE_BYTES = '67108864' }, actor, linkName, log }) => {
    const place = JSON.stringify([actor.id, linkName])
    const held = stores.get(place) ?? { store: new Store(), links: 0 }
    stores.set(place, held)
    held.links++
    const { store } = held
    const allowed = Number(MAX_VALUE_BYTES)
    const check = (...texts: string[]): void => {
      const wanted = Math.max(...texts.map((text) => Buffer.byteLength(text)))
      if (wanted > allowed)
        throw new ProviderError(
          'ERR_STORE_LIMIT',
          { limit: 'MAX_VALUE_BYTES', wanted, allowed },
          `${wanted} bytes are more than ${allowed}`,
        )
    }
    log.debug('linked', { actor: actor.name })
    const deleted = ({ key }: { key: string }): { key: string; deleted: boolean } => ({
      key,
      deleted: store.delete(key),
    })
    const setOf = (key: string): Set<string> => new Set(store.of(key, 'set') ?? [])
    const content: LinkContent<KeyValueItem> = {
      keys: async function* () {
        yield* store.keys()
      },
      read: async (key) => {
        const entry = store.entry(key)
        if (!entry) return undefined
        const { kind, items, expiresAt } = entry
        const expires = expiresAt === Infinity ? {} : { expiresInMs: expiresAt - performance.now() }
        return kind === 'text'
          ? { kind, text: items[0] ?? '', ...expires }
          : { kind, items, ...expires }
      },
      write: async (key, item) => {
        if (!item) return void store.delete(key)
        const expiresAt = performance.now() + (item.expiresInMs ?? Infinity)
        store.put(key, item.kind, item.kind === 'text' ? [item.text] : [...item.items], expiresAt)
      },
      changedKeys: keyValueChangedKeys,
    }
    return {
      info: { store: 'memory' },
      content,
      operations: {
        Get: ({ key }) => {
          const [value] = store.of(key, 'text') ?? []
          return { value: value ?? '', exists: value !== undefined }
        },
        Set: ({ key, value, expiresSeconds }) => {
          check(key, value)
          const lastsMs = expiresSeconds > 0 ? expiresSeconds * 1000 : Infinity
          store.put(key, 'text', [value], performance.now() + lastsMs)
          return { value }
        },
        Add: ({ key, value }) => {
          const [text = '0'] = store.of(key, 'text') ?? []
          if (!/^(0|-?[1-9]\d*)$/.test(text))
            throw new ProviderError('ERR_NOT_AN_INTEGER', { key }, `${key} holds no integer`)
          const sum = Number(text) + value
          if (sum !== (sum | 0) || Number(text) !== (Number(text) | 0))
            throw new ProviderError('ERR_INTEGER_OVERFLOW', { key }, `${key} would be too large`)
          store.put(key, 'text', [String(sum)], store.entry(key)?.expiresAt)
          return { value: sum }
        },
        Del: deleted,
        Clear: deleted,
        Push: async ({ key, value, end }) => {
          check(key, value)
          const items = store.of(key, 'list') ?? []
          const next = end === 'head' ? [value, ...items] : [...items, value]
          store.put(key, 'list', next, store.entry(key)?.expiresAt)
          return { newCount: next.length }
        },
        Range: ({ key, start, stop }) => {
          const items = store.of(key, 'list') ?? []
          const at = (index: number): number => (index < 0 ? items.length + index : index)
          return limited(items.slice(Math.max(0, at(start)), Math.max(0, at(stop) + 1)))
        },
        ListItemDelete: ({ key, value, items: which }) => {
          const items = store.of(key, 'list') ?? []
          const first = items.indexOf(value)
          const kept = items.filter((item, index) =>
            which === 'first' ? index !== first : item !== value,
          )
          store.put(key, 'list', kept, store.entry(key)?.expiresAt)
          return { newCount: items.length - kept.length }
        },
        SetAdd: ({ key, value }) => {
          check(key, value)
          const items = store.of(key, 'set') ?? []
          if (items.includes(value)) return { newCount: 0 }
          store.put(key, 'set', [...items, value], store.entry(key)?.expiresAt)
          return { newCount: 1 }
        },
        SetRemove: ({ key, value }) => {
          const items = store.of(key, 'set') ?? []
          const kept = items.filter((item) => item !== value)
          store.put(key, 'set', kept, store.entry(key)?.expiresAt)
          return { newCount: items.length - kept.length }
        },
        SetQuery: ({ key }) => limited(store.of(key, 'set') ?? []),
        SetUnion: ({ keys }) =>
          limited([...new Set(keys.flatMap((key) => store.of(key, 'set') ?? []))]),
        SetIntersection: ({ keys }) => {
          const [first = new Set<string>(), ...rest] = keys.map(setOf)
          return limited([...first].filter((item) => rest.every((set) => set.has(item))))
        },
        KeyExists: ({ key }) => ({ exists: store.entry(key) !== undefined }),
      },
      [Symbol.asyncDispose]: async () => {
        if (--held.links === 0) stores.delete(place)
      },
    }
  },
}) as CapabilityProvider
