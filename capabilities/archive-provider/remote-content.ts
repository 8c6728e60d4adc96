import { randomUUID } from 'node:crypto'
import * as v from 'valibot'
import { type KeyValueItem, keyValueChangedKeys } from '../../contracts/index.ts'
import type { LinkContent } from '../../host/index.ts'
import type { ContentRequest } from '../../provider/channel/index.ts'

const keys = v.pipe(v.array(v.string()), v.maxLength(10_000))
const expiresInMs = v.optional(v.pipe(v.number(), v.finite()))
const item: v.GenericSchema<unknown, KeyValueItem | undefined> = v.optional(
  v.variant('kind', [
    v.object({ kind: v.literal('text'), text: v.string(), expiresInMs }),
    v.object({ kind: v.picklist(['list', 'set']), items: v.array(v.string()), expiresInMs }),
  ]),
) as never

/**
 * What a key-value link keeps whose provider runs elsewhere. What it answers is read strictly.
 *
 * @param ask Resolves with the answer.
 */
export function remoteContent(
  ask: (request: ContentRequest, signal: AbortSignal) => Promise<unknown>,
): LinkContent<KeyValueItem> {
  return {
    async *keys(signal) {
      const listing = randomUUID()
      try {
        for (;;) {
          const page = v.parse(keys, await ask({ do: 'next', listing }, signal))
          if (page.length === 0) return
          yield* page
        }
      } finally {
        // Only what the process remembers: that it cannot be told to forget it does no harm.
        await ask({ do: 'end', listing }, AbortSignal.timeout(1000)).catch(() => {})
      }
    },
    read: async (key, signal) => v.parse(item, await ask({ do: 'read', key }, signal)),
    write: async (key, value, signal) => {
      await ask({ do: 'write', key, ...(value && { item: value }) }, signal)
    },
    changedKeys: keyValueChangedKeys,
  }
}
