/** Key-value contract: `wascc:keyvalue`, `wasmcloud:keyvalue`. Keys and values are text. */
import {
  asArray,
  asMap,
  asProtobuf,
  type Body,
  contractOf,
  dialectOf,
  nothing,
  operationsOf,
} from './codec.ts'
import type { Contract, ContractDialect, NoOperations } from './contract.ts'
import { bool, int32, mapped, type MessageShape, struct, text, texts, uint32 } from './shape.ts'

/** What asks about one key. */
export interface KeyRequest {
  readonly key: string
}

/** A value, and the key it goes to or from. */
export interface KeyValueRequest {
  readonly key: string
  readonly value: string
}

/** What asks about several keys at once. */
export interface KeysRequest {
  readonly keys: readonly string[]
}

/** The text at a key, or that there is none. */
export interface GetResponse {
  /** Empty if there is none. */
  readonly value: string
  readonly exists: boolean
}

/** Text to keep, replacing what was there. */
export interface SetRequest {
  readonly key: string
  readonly value: string
  /** Seconds until the key is gone; 0 (or less) never. */
  readonly expiresSeconds: number
}

/** The value that was set. */
export interface ValueResponse {
  readonly value: string
}

/** A number to add, in one step that nothing comes between. */
export interface AddRequest {
  readonly key: string
  /** A signed 32-bit integer, added to the number at `key` (0 if there is none). */
  readonly value: number
}

/** The sum. */
export interface AddResponse {
  /** The new number, a signed 32-bit integer: actors know no larger one. */
  readonly value: number
}

/** What became of a deletion. */
export interface DeleteResponse {
  readonly key: string
  /** Whether there was something to delete. Only dialect E tells actors. */
  readonly deleted: boolean
}

/** An item for a list, which is made if there is none. */
export interface PushRequest {
  readonly key: string
  readonly value: string
  /** Where the list grows: waSCC's `Push` put values first, wasmCloud's `ListAdd` puts them last. */
  readonly end: 'head' | 'tail'
}

/** Items to take out of a list. */
export interface ListItemDeleteRequest {
  readonly key: string
  readonly value: string
  /** How many equal items go, from the head: all of them (waSCC) or the first (dialect E). */
  readonly items: 'all' | 'first'
}

/** A part of a list. */
export interface RangeRequest {
  readonly key: string
  /** Index of the first item. Negative ones count from the end, -1 is the last. */
  readonly start: number
  /** Index of the last item, itself included. */
  readonly stop: number
}

/** How many items there are, or were touched. */
export interface CountResponse {
  /**
   * `Push`: items in the list now. `ListItemDelete`, `SetAdd`, `SetRemove`: items that were
   * removed or added by this call, as Redis counts them.
   */
  readonly newCount: number
}

/** Items of a list in their order, or of a set in any. */
export interface ValuesResponse {
  readonly values: readonly string[]
}

/** Whether there is something at a key, of any kind. */
export interface ExistsResponse {
  readonly exists: boolean
}

/** What a key-value store keeps at one key, apart from any provider: for moving it to another. */
export type KeyValueItem = (
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'list' | 'set'; readonly items: readonly string[] }
) & {
  /** Milliseconds from now until the key is gone; absent for never. */
  readonly expiresInMs?: number
}

/** What actors ask of a key-value store. */
export type KeyValueToProvider = {
  Get: { request: KeyRequest; response: GetResponse }
  Set: { request: SetRequest; response: ValueResponse }
  Add: { request: AddRequest; response: AddResponse }
  Del: { request: KeyRequest; response: DeleteResponse }
  /** Deletes a list or a set. */
  Clear: { request: KeyRequest; response: DeleteResponse }
  Push: { request: PushRequest; response: CountResponse }
  Range: { request: RangeRequest; response: ValuesResponse }
  ListItemDelete: { request: ListItemDeleteRequest; response: CountResponse }
  SetAdd: { request: KeyValueRequest; response: CountResponse }
  SetRemove: { request: KeyValueRequest; response: CountResponse }
  SetUnion: { request: KeysRequest; response: ValuesResponse }
  SetIntersection: { request: KeysRequest; response: ValuesResponse }
  SetQuery: { request: KeyRequest; response: ValuesResponse }
  KeyExists: { request: KeyRequest; response: ExistsResponse }
}

const keyRequest = struct<KeyRequest>({ key: { shape: text } })
const keyValue = struct<KeyValueRequest>({ key: { shape: text }, value: { shape: text } })
const keysRequest = struct<KeysRequest>({ keys: { shape: texts, absent: [] } })
const addRequest = struct<AddRequest>({ key: { shape: text }, value: { shape: int32 } })
const addResponse = struct<AddResponse>({ value: { shape: int32 } })
const getResponse = struct<GetResponse>({ value: { shape: text }, exists: { shape: bool } })
const valueResponse = struct<ValueResponse>({ value: { shape: text } })
const valuesResponse = struct<ValuesResponse>({ values: { shape: texts, absent: [] } })
const setRequest = struct<SetRequest>({
  key: { shape: text },
  value: { shape: text },
  // The first actors that wrote maps, of April 2020, still had the field's older name.
  expiresSeconds: { shape: int32, key: 'expires', alias: 'expires_s' },
})
const rangeRequest = struct<RangeRequest>({
  key: { shape: text },
  start: { shape: int32 },
  stop: { shape: int32 },
})

function mapBody<Ours, Theirs>(
  body: Body<Theirs>,
  toWire: (value: Ours) => Theirs,
  fromWire: (value: Theirs) => Ours,
): Body<Ours> {
  return {
    encode: (value) => body.encode(toWire(value)),
    decode: (payload) => fromWire(body.decode(payload)),
  }
}

/** The operations as waSCC named them, and wasmCloud before OTP after it. */
function waScc(
  contractId: string,
  body: <T>(shape: MessageShape<T>) => Body<T>,
  setCountKey: 'newCount' | 'new_count',
): ContractDialect {
  const operation = operationsOf<KeyValueToProvider>(contractId)
  const count = struct<CountResponse>({ newCount: { shape: int32, alias: 'new_count' } })
  const setCount = struct<CountResponse>({
    newCount: {
      shape: int32,
      key: setCountKey,
      alias: setCountKey === 'newCount' ? 'new_count' : 'newCount',
    },
  })
  const deleted = mapBody<DeleteResponse, KeyRequest>(
    body(keyRequest),
    ({ key }) => ({ key }),
    ({ key }) => ({ key, deleted: true }),
  )
  const push = mapBody<PushRequest, KeyValueRequest>(
    body(keyValue),
    ({ key, value }) => ({ key, value }),
    ({ key, value }) => ({ key, value, end: 'head' }),
  )
  const itemDelete = mapBody<ListItemDeleteRequest, KeyValueRequest>(
    body(keyValue),
    ({ key, value }) => ({ key, value }),
    ({ key, value }) => ({ key, value, items: 'all' }),
  )
  const exists = mapBody<ExistsResponse, GetResponse>(
    body(getResponse),
    (response) => ({ value: '', exists: response.exists }),
    (response) => ({ exists: response.exists }),
  )
  return dialectOf(
    contractId,
    [
      operation('Get', 'Get', body(keyRequest), body(getResponse)),
      operation('Set', 'Set', body(setRequest), body(valueResponse)),
      operation('Add', 'Add', body(addRequest), body(addResponse)),
      operation('Del', 'Del', body(keyRequest), deleted),
      operation('Clear', 'Clear', body(keyRequest), deleted),
      operation('Push', 'Push', push, body(count)),
      operation('Range', 'Range', body(rangeRequest), body(valuesResponse)),
      operation('ListItemDelete', 'ListItemDelete', itemDelete, body(count)),
      operation('SetAdd', 'SetAdd', body(keyValue), body(setCount)),
      operation('SetRemove', 'SetRemove', body(keyValue), body(setCount)),
      operation('SetUnion', 'SetUnion', body(keysRequest), body(valuesResponse)),
      operation('SetIntersection', 'SetIntersection', body(keysRequest), body(valuesResponse)),
      operation('SetQuery', 'SetQuery', body(keyRequest), body(valuesResponse)),
      operation('KeyExists', 'KeyExists', body(keyRequest), exists),
    ],
    [],
  )
}

/** Dialect E: other names, lone values without a struct around them, void for `Set`. */
function otp(contractId: string): ContractDialect {
  const operation = operationsOf<KeyValueToProvider>(contractId)
  const bareKey = asMap(
    mapped<KeyRequest, string>(
      text,
      ({ key }) => key,
      (key) => ({ key }),
    ),
  )
  const bareKeys = asMap(
    mapped<KeysRequest, readonly string[]>(
      texts,
      ({ keys }) => keys,
      (keys) => ({ keys }),
    ),
  )
  const bareValues = asMap(
    mapped<ValuesResponse, readonly string[]>(
      texts,
      ({ values }) => values,
      (values) => ({ values }),
    ),
  )
  const bareCount = asMap(
    mapped<CountResponse, number>(
      uint32,
      ({ newCount }) => newCount,
      (newCount) => ({ newCount }),
    ),
  )
  const bareAny = asMap(
    mapped<CountResponse, boolean>(
      bool,
      ({ newCount }) => newCount > 0,
      (found) => ({ newCount: found ? 1 : 0 }),
    ),
  )
  const bareSum = asMap(
    mapped<AddResponse, number>(
      int32,
      ({ value }) => value,
      (value) => ({ value }),
    ),
  )
  const bareDeleted = asMap(
    mapped<DeleteResponse, boolean>(
      bool,
      ({ deleted }) => deleted,
      (deleted) => ({ key: '', deleted }),
    ),
  )
  const bareExists = asMap(
    mapped<ExistsResponse, boolean>(
      bool,
      ({ exists }) => exists,
      (exists) => ({ exists }),
    ),
  )
  const listItem = struct<KeyValueRequest>({
    key: { shape: text, key: 'listName' },
    value: { shape: text },
  })
  const setItem = asMap(
    struct<KeyValueRequest>({ key: { shape: text, key: 'setName' }, value: { shape: text } }),
  )
  const push = mapBody<PushRequest, KeyValueRequest>(
    asMap(listItem),
    ({ key, value }) => ({ key, value }),
    ({ key, value }) => ({ key, value, end: 'tail' }),
  )
  const itemDelete = mapBody<ListItemDeleteRequest, KeyValueRequest>(
    asMap(listItem),
    ({ key, value }) => ({ key, value }),
    ({ key, value }) => ({ key, value, items: 'first' }),
  )
  const range = struct<RangeRequest>({
    key: { shape: text, key: 'listName' },
    start: { shape: int32 },
    stop: { shape: int32 },
  })
  const set = struct<SetRequest>({
    key: { shape: text },
    value: { shape: text },
    expiresSeconds: { shape: uint32, key: 'expires', absent: 0 },
  })
  const setDone: Body<ValueResponse> = {
    encode: () => nothing.encode(),
    decode: () => ({ value: '' }),
  }
  return dialectOf(
    contractId,
    [
      operation('Get', 'KeyValue.Get', bareKey, asMap(getResponse)),
      operation('Set', 'KeyValue.Set', asMap(set), setDone),
      operation('Add', 'KeyValue.Increment', asMap(addRequest), bareSum),
      operation('Del', 'KeyValue.Del', bareKey, bareDeleted),
      operation('Clear', 'KeyValue.ListClear', bareKey, bareDeleted),
      operation('Clear', 'KeyValue.SetClear', bareKey, bareDeleted),
      operation('Push', 'KeyValue.ListAdd', push, bareCount),
      operation('Range', 'KeyValue.ListRange', asMap(range), bareValues),
      operation('ListItemDelete', 'KeyValue.ListDel', itemDelete, bareAny),
      operation('SetAdd', 'KeyValue.SetAdd', setItem, bareCount),
      operation('SetRemove', 'KeyValue.SetDel', setItem, bareCount),
      operation('SetUnion', 'KeyValue.SetUnion', bareKeys, bareValues),
      operation('SetIntersection', 'KeyValue.SetIntersection', bareKeys, bareValues),
      operation('SetQuery', 'KeyValue.SetQuery', bareKey, bareValues),
      operation('KeyExists', 'KeyValue.Contains', bareKey, bareExists),
    ],
    [],
  )
}

/** A store of text by key: values, counters, lists and sets. */
export const keyvalue: Contract<KeyValueToProvider, NoOperations> = contractOf(
  'keyvalue',
  ['wascc:keyvalue', 'wasmcloud:keyvalue'],
  {
    A: waScc('wascc:keyvalue', asProtobuf, 'newCount'),
    B: waScc('wascc:keyvalue', asArray, 'newCount'),
    C: waScc('wascc:keyvalue', asMap, 'newCount'),
    D: waScc('wasmcloud:keyvalue', asMap, 'new_count'),
    E: otp('wasmcloud:keyvalue'),
  },
)

const readingOnly: ReadonlySet<string> = new Set<keyof KeyValueToProvider>([
  'Get',
  'Range',
  'SetUnion',
  'SetIntersection',
  'SetQuery',
  'KeyExists',
])

/** The keys that an operation of the contract may change: one, or none for an operation that reads. */
export function keyValueChangedKeys(operation: string, request: unknown): readonly string[] {
  return readingOnly.has(operation) ? [] : [(request as KeyRequest).key]
}
