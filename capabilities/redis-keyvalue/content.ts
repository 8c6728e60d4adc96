import { keyValueChangedKeys, type KeyValueItem } from '../../contracts/index.ts'
import type { LinkContent } from '../../host/index.ts'
import { answerBytesError, keyTypeError, maxAnswerBytes } from '../keyvalue-failures.ts'
import type { CommandTerms, RedisConnection, RedisReply } from '../redis-connection/index.ts'
import { kindOf } from './operations.ts'
import { putItems, readItem, runScript } from './scripts.ts'

/** Keys that Redis looks at in one step of a listing. */
const scanCount = 1000

/** Memory that a list or set may take in Redis to be read whole; its text takes about half of it. */
const mostUsage = 2 * maxAnswerBytes

/** Items that go to Redis with one command. */
const putCount = 5000

/** How long each command of a copy may take. */
const commandTimeoutMs = 10_000

/** What a link keeps in Redis: every key with its prefix, with what is left of its time. */
export function redisContent(
  connection: RedisConnection,
  prefix: string,
): LinkContent<KeyValueItem> {
  return {
    keys: (signal) => listKeys(connection, prefix, signal),
    read: async (key, signal) => {
      signal.throwIfAborted()
      const answer = await runScript(
        connection,
        readItem,
        [prefix + key],
        [mostUsage],
        terms('read'),
        true,
      )
      return itemFrom(key, answer)
    },
    write: async (key, item, signal) => {
      signal.throwIfAborted()
      await writeItem(connection, prefix + key, item, signal)
    },
    changedKeys: keyValueChangedKeys,
  }
}

/** A listing of Redis may name a key twice, so those that were named are remembered. */
async function* listKeys(
  connection: RedisConnection,
  prefix: string,
  signal: AbortSignal,
): AsyncGenerator<string> {
  const listed = new Set<string>()
  // Nothing in the prefix may be taken for a pattern.
  const pattern = `${prefix.replaceAll(/[\\*?[\]^-]/g, String.raw`\$&`)}*`
  for (const master of connection.masters()) {
    let cursor = '0'
    do {
      signal.throwIfAborted()
      const args = [cursor, 'MATCH', pattern, 'COUNT', scanCount]
      const answer = await master.run('scan', args, terms('keys'), true)
      const [next, found] = answer as [string, string[]]
      for (const name of found) {
        if (!name.startsWith(prefix) || listed.has(name)) continue
        listed.add(name)
        yield name.slice(prefix.length)
      }
      cursor = next
    } while (cursor !== '0')
  }
}

function itemFrom(key: string, answer: RedisReply): KeyValueItem | undefined {
  const [type, leftMs, value] = answer as [string, number, RedisReply]
  if (type === 'none') return undefined
  const kind = kindOf(type)
  const expires = leftMs >= 0 ? { expiresInMs: leftMs } : {}
  if (kind === 'other') throw keyTypeError(key, 'other', 'text')
  if (typeof value === 'number') throw answerBytesError(value)
  return kind === 'text'
    ? { kind, text: value as string, ...expires }
    : { kind, items: value as string[], ...expires }
}

async function writeItem(
  connection: RedisConnection,
  name: string,
  item: KeyValueItem | undefined,
  signal: AbortSignal,
): Promise<void> {
  const begunAt = performance.now()
  const leftMs = (): number | undefined =>
    item?.expiresInMs === undefined
      ? undefined
      : Math.round(item.expiresInMs - (performance.now() - begunAt))
  if (item === undefined || (leftMs() ?? 1) <= 0) {
    await connection.run('unlink', [name], terms('write'))
    return
  }
  if (item.kind === 'text') {
    const expires = leftMs()
    const args = expires === undefined ? [] : ['PX', expires]
    await connection.run('set', [name, item.text, ...args], terms('write'))
    return
  }
  const command = item.kind === 'list' ? 'RPUSH' : 'SADD'
  for (let at = 0; at === 0 || at < item.items.length; at += putCount) {
    signal.throwIfAborted()
    const some = item.items.slice(at, at + putCount)
    const args = [command, at === 0 ? 1 : 0, leftMs() ?? 0, ...some]
    await runScript(connection, putItems, [name], args, terms('write'))
  }
}

function terms(operation: string): CommandTerms {
  return { operation, deadlineAt: performance.now() + commandTimeoutMs }
}
