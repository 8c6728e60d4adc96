import type { KeyValueToProvider, ValuesResponse } from '../../contracts/index.ts'
import type { ProviderCall, ProviderLink } from '../../host/index.ts'
import {
  answerBytesError,
  checkAnswerItems,
  checkedBytes,
  type HeldKind,
  integerOverflowError,
  keyTypeError,
  maxAnswerBytes,
  maxAnswerItems,
  notAnIntegerError,
} from '../keyvalue-failures.ts'
import type { RedisConnection, RedisReply } from '../redis-connection/index.ts'
import { add, intersection, range, runScript, type Script, serverSays, union } from './scripts.ts'

/** What the link's keys are called in Redis, and how large they and their values may be. */
export interface KeySpace {
  readonly prefix: string
  readonly maxValueBytes: number
}

/** Serves a link from Redis: every operation is one step there, which nothing comes between. */
export function redisOperations(
  connection: RedisConnection,
  { prefix, maxValueBytes }: KeySpace,
): ProviderLink<KeyValueToProvider>['operations'] {
  /** What no key can be as large as is not asked for. */
  const named = (key: string): string => {
    checkedBytes(key, maxValueBytes)
    return prefix + key
  }
  const sized = (value: string): string => {
    checkedBytes(value, maxValueBytes)
    return value
  }
  /** Says of which kind the key is, if that is what is wrong. */
  const explained = async (
    error: unknown,
    key: string,
    wanted: HeldKind,
    call: ProviderCall,
  ): Promise<never> => {
    if (!serverSays(error, 'WRONGTYPE')) throw error
    const type = await connection.run('type', [prefix + key], call, true)
    throw keyTypeError(key, kindOf(type), wanted)
  }
  const remove = ({ key }: { readonly key: string }, call: ProviderCall) =>
    connection
      .run('unlink', [named(key)], call)
      .then((removed) => ({ key, deleted: integer(removed) > 0 }))
  const changeItem = (
    command: string,
    wanted: HeldKind,
    key: string,
    args: string[],
    call: ProviderCall,
  ): Promise<{ newCount: number }> =>
    connection.run(command, [named(key), ...args], call).then(
      (count) => ({ newCount: integer(count) }),
      (error: unknown) => explained(error, key, wanted, call),
    )
  const sets = async (
    script: Script,
    keys: readonly string[],
    call: ProviderCall,
  ): Promise<ValuesResponse> => {
    const distinct = [...new Set(keys)]
    if (distinct.length === 0) return { values: [] }
    const limits = [maxAnswerItems, maxAnswerBytes]
    try {
      const answer = await runScript(connection, script, distinct.map(named), limits, call, true)
      return { values: texts(answer) }
    } catch (error) {
      const reason = serverSays(error, 'WRONGTYPE')
        ? String((error.detail as { reason?: unknown }).reason)
        : ''
      const [, index, type] = /^WRONGTYPE (\d+) ([\w-]+)/.exec(reason) ?? []
      const key = distinct[Number(index) - 1]
      throw key === undefined ? error : keyTypeError(key, kindOf(type), 'set')
    }
  }
  return {
    Get: ({ key }, call) =>
      connection.run('get', [named(key)], call, true).then(
        (value) =>
          value === null ? { value: '', exists: false } : { value: text(value), exists: true },
        (error: unknown) => explained(error, key, 'text', call),
      ),
    Set: ({ key, value, expiresSeconds }, call) => {
      const args: (string | number)[] = [named(key), sized(value)]
      if (expiresSeconds > 0) args.push('EX', expiresSeconds)
      return connection.run('set', args, call).then(() => ({ value }))
    },
    Add: ({ key, value }, call) =>
      runScript(connection, add, [named(key)], [value], call).then(
        (sum) => {
          if (sum === 'overflow') throw integerOverflowError(key, value)
          return { value: integer(sum) }
        },
        (error: unknown) => {
          if (serverSays(error, 'ERR value is not an integer')) throw notAnIntegerError(key)
          if (serverSays(error, 'ERR increment or decrement would overflow')) {
            throw integerOverflowError(key, value)
          }
          return explained(error, key, 'text', call)
        },
      ),
    Del: remove,
    Clear: remove,
    Push: ({ key, value, end }, call) =>
      changeItem(end === 'head' ? 'lpush' : 'rpush', 'list', key, [sized(value)], call),
    Range: ({ key, start, stop }, call) => {
      const isBounded =
        start < 0 === stop < 0 &&
        stop - start < maxAnswerItems &&
        (stop - start + 1) * maxValueBytes <= maxAnswerBytes
      const answer = isBounded
        ? connection.run('lrange', [named(key), start, stop], call, true)
        : runScript(
            connection,
            range,
            [named(key)],
            [start, stop, maxAnswerItems, maxAnswerBytes],
            call,
            true,
          )
      return answer.then(
        (values) => ({ values: texts(values) }),
        (error: unknown) => explained(error, key, 'list', call),
      )
    },
    ListItemDelete: ({ key, value, items }, call) =>
      changeItem('lrem', 'list', key, [items === 'all' ? '0' : '1', value], call),
    SetAdd: ({ key, value }, call) => changeItem('sadd', 'set', key, [sized(value)], call),
    SetRemove: ({ key, value }, call) => changeItem('srem', 'set', key, [value], call),
    SetUnion: ({ keys }, call) => sets(union, keys, call),
    SetIntersection: ({ keys }, call) => sets(intersection, keys, call),
    SetQuery: ({ key }, call) => sets(union, [key], call),
    KeyExists: ({ key }, call) =>
      connection
        .run('exists', [named(key)], call, true)
        .then((count) => ({ exists: integer(count) > 0 })),
  }
}

/** What a key of a Redis type holds, in the words of the contract. */
export function kindOf(type: RedisReply | undefined): HeldKind {
  if (type === 'string') return 'text'
  return type === 'list' || type === 'set' ? type : 'other'
}

function integer(reply: RedisReply): number {
  if (typeof reply === 'number') return reply
  throw new TypeError(`Redis answered ${typeof reply} where a number belongs`)
}

function text(reply: RedisReply): string {
  if (typeof reply === 'string') return reply
  throw new TypeError(`Redis answered ${typeof reply} where text belongs`)
}

/** @throws CapabilityError `ERR_STORE_LIMIT` if a script says that there are too many */
function texts(reply: RedisReply): readonly string[] {
  if (typeof reply === 'number') checkAnswerItems(reply)
  if (typeof reply === 'string') throw answerBytesError(Number(reply))
  if (Array.isArray(reply)) return reply as readonly string[]
  throw new TypeError(`Redis answered ${typeof reply} where a list belongs`)
}
